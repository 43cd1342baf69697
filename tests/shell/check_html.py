# SPDX-License-Identifier: MIT
"""Whether a page is well-formed and stands alone, and figures are XML. As a program:

    check_html.py PAGE [FIGURE...]

prints what is wrong and exits with 1 if anything is."""

import re
import sys
import xml.etree.ElementTree as xml
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "hr", "img", "input", "source", "col"}
ALLOWED = set("""html head meta title style body header main footer nav section h1 h2 h3 p ul li a dl
    dt dd div figure figcaption table caption thead tbody tr th td details summary code pre
    svg g path line rect circle polygon text tspan desc defs clippath use""".split())


class Page(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.wrong, self.ids, self.wanted, self.words = [], [], set(), [], []
        self.captions, self.tables, self.headings = 0, 0, []

    def complain(self, text):
        self.wrong.append(f"line {self.getpos()[0]}: {text}")

    def handle_starttag(self, tag, attributes):
        if tag not in ALLOWED:
            self.complain(f"<{tag}> is not expected")
        if tag not in VOID:
            self.open.append(tag)
        names = [name for name, _ in attributes]
        if len(names) != len(set(names)):
            self.complain(f"<{tag}> has an attribute twice: {names}")
        for name, value in attributes:
            self.look(tag, name, value or "")
        self.tables += tag == "table"
        self.captions += tag == "caption"
        if tag in ("h1", "h2", "h3"):
            self.headings.append(int(tag[1]))

    def look(self, tag, name, value):
        if name == "id":
            if value in self.ids:
                self.complain(f"the id '{value}' is there twice")
            self.ids.add(value)
        elif name in ("aria-labelledby", "aria-describedby"):
            self.wanted += value.split()
        elif name == "href" and value.startswith("#"):
            self.wanted.append(value[1:])
        elif name in ("href", "src", "srcset", "action", "xlink:href") or name.startswith("on"):
            self.complain(f"<{tag} {name}={value!r}> needs something else")
        if "url(" in value and "url(#" not in value:
            self.complain(f"<{tag} {name}={value!r}> loads something")

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.complain(f"</{tag}> inside of {self.open[-3:]}")
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data):
        if self.open and self.open[-1] == "style" and re.search(r"@import|url\(|expression", data):
            self.complain("a style loads something")
        self.words.append(data)


def check_page(path):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    page = Page()
    page.feed(text)
    page.close()
    wrong = page.wrong
    if page.open:
        wrong.append(f"never closed: {page.open}")
    wrong += [f"nothing has the id '{i}'" for i in page.wanted if i not in page.ids]
    if page.tables != page.captions:
        wrong.append(f"{page.tables} tables, {page.captions} captions")
    if page.headings[:1] != [1] or page.headings.count(1) != 1:
        wrong.append(f"headings: {page.headings}")
    if any(b - a > 1 for a, b in zip(page.headings, page.headings[1:])):
        wrong.append(f"a level of headings is skipped: {page.headings}")
    if not text.startswith("<!DOCTYPE html>\n<html lang=") or 'name="viewport"' not in text:
        wrong.append("no doctype, language or viewport")
    for svg in re.findall(r"<svg.*?</svg>", text, re.S):
        xml.fromstring(svg)
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text):
        wrong.append("a control character")
    if len(text) > 500_000:
        wrong.append(f"{len(text)} bytes")
    return wrong


def main():
    wrong = []
    try:
        wrong = check_page(sys.argv[1])
        for path in sys.argv[2:]:
            root = xml.parse(path).getroot()
            if root.tag != "{http://www.w3.org/2000/svg}svg":
                wrong.append(f"{path}: is a {root.tag}")
    except (xml.ParseError, UnicodeDecodeError) as error:
        wrong.append(str(error))
    for line in wrong[:20]:
        print(f"{sys.argv[1]}: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

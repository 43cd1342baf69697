// SPDX-License-Identifier: MIT
// The look of the page, in the colours of the figures (figure_style.c). One column on a phone and
// on paper, two where there is room.
#include "report/figure.h"
#include "report/html.h"
#include "report/page_frame.h"

static const char style[] =
    ":root{color-scheme:light dark;--page:#f4f6f8;--card:#fff;--ink:#1b1f24;--soft:#59616b;"
    "--line:#dde2e7;--link:#0b63ce;--mark:#b8440f;--tint:#fdf3ec}\n"
    "@media (prefers-color-scheme:dark){:root{--page:#0b0e12;--card:#12161c;--ink:#eef1f4;"
    "--soft:#a0a9b4;--line:#2a313a;--link:#6cadff;--mark:#ff9466;--tint:#241a15}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;background:var(--page);color:var(--ink);"
    "font:16px/1.55 system-ui,\"Segoe UI\",\"Helvetica Neue\",Arial,sans-serif;"
    "overflow-wrap:break-word}\n"
    "header,main,footer{max-width:72rem;margin:0 auto;padding:0 clamp(.8rem,3vw,2rem)}\n"
    "header{padding-top:clamp(1.2rem,4vw,2.8rem)}\n"
    ".kicker{margin:0;color:var(--soft);font-size:.85rem;letter-spacing:.06em;"
    "text-transform:uppercase}\n"
    "h1{margin:.1em 0;font-size:clamp(1.6rem,5vw,2.3rem);line-height:1.2}\n"
    "h2{margin:2.6rem 0 .8rem;font-size:1.35rem;line-height:1.25}\n"
    "h3{margin:0;font-size:1rem}\n"
    "p{margin:.4em 0;max-width:46rem}header p{max-width:none}\n"
    ".soft{color:var(--soft)}\n"
    "a{color:var(--link)}\n"
    "nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;margin:1.1rem 0 0;padding:0;"
    "list-style:none}\n"
    "code{white-space:nowrap}pre code{white-space:pre-wrap}\n"
    "code,pre{font:.88em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}\n"
    "pre{margin:1rem 0;padding:.7rem .9rem;border:1px solid var(--line);border-radius:.5rem;"
    "background:var(--card);white-space:pre-wrap;overflow-wrap:anywhere}\n"
    "h3+p,.do{margin:.2em 0}\n"
    // headline figures
    ".facts{display:grid;grid-template-columns:1fr 1fr;gap:.7rem;"
    "margin:1.3rem 0 0}\n"
    ".facts div{padding:.7rem .9rem;border:1px solid var(--line);border-radius:.5rem;"
    "background:var(--card)}\n"
    ".facts dt{color:var(--soft);font-size:.85rem}\n"
    ".facts dd{margin:0}\n"
    ".facts dd.big{font-size:1.3rem;font-weight:600;line-height:1.3;"
    "font-variant-numeric:tabular-nums}\n"
    ".facts dd.more{color:var(--soft);font-size:.85rem}\n"
    "@media (min-width:44rem){.facts{grid-template-columns:repeat(3,1fr)}}\n"
    "@media (min-width:70rem){.facts{grid-template-columns:repeat(6,1fr)}}\n"
    // remarks
    ".remarks{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));"
    "gap:.7rem;margin:0;padding:0;list-style:none}\n"
    ".remarks li,.missing{padding:.7rem 1rem;border:1px solid var(--line);"
    "border-left:.3rem solid var(--mark);border-radius:.5rem;background:var(--tint)}\n"
    // figures
    ".cells{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,23rem),1fr));"
    "gap:1rem}\n"
    "figure{margin:0;padding:.6rem .6rem .9rem;border:1px solid var(--line);border-radius:.5rem;"
    "background:var(--card);max-width:40rem}\n"
    "figure svg{display:block;width:100%;height:auto}\n"
    "figcaption{padding:.3rem 3.3% 0;color:var(--soft);font-size:.9rem;line-height:1.45}\n"
    // tables
    ".table{overflow-x:auto;margin:1rem 0;border:1px solid var(--line);border-radius:.5rem;"
    "background:var(--card)}\n"
    ".loose{align-items:start}.loose .soft{font-size:.9rem;line-height:1.45}\n"
    ".cells .table{margin:0}.cells .table+.soft{margin-top:.8rem}\n"
    "table{border-collapse:collapse;width:100%;font-size:.92rem}\n"
    "caption{padding:.7rem .9rem .4rem;text-align:left;font-weight:600}\n"
    "th,td{padding:.34rem .9rem;border-top:1px solid var(--line);text-align:left;"
    "vertical-align:top}.cells th,.cells td{padding:.34rem .6rem}"
    ".cells caption{padding-left:.6rem}\n"
    // names give way, so that no number is out of sight; those of runs keep to a line
    "th{font-weight:400}tbody th{min-width:6.5rem;max-width:12rem;overflow-wrap:anywhere}\n"
    "@media (min-width:44rem){#runs tbody th{min-width:15rem;max-width:20rem}}\n"
    ".pairs th{width:13rem;max-width:45%}.pairs td{overflow-wrap:anywhere}\n"
    ".path{min-width:9rem;overflow-wrap:anywhere}\n"
    "thead th{color:var(--soft);font-size:.85rem;border-top:0}\n"
    "td{font-variant-numeric:tabular-nums}\n"
    ".num td,.num thead th+th{text-align:right;white-space:nowrap}\n"
    "details{margin:1rem 0}\n"
    "summary{cursor:pointer;color:var(--link)}\n"
    "footer{padding-top:2.5rem;padding-bottom:2.5rem;color:var(--soft);font-size:.85rem}\n"
    "@media (max-width:30rem){table{font-size:.82rem}"
    "th,td,.cells th,.cells td{padding:.3rem .4rem}tbody th{min-width:5rem;max-width:8rem}"
    ".num td{white-space:normal}.pairs th{width:36%}"
    "caption{padding:.6rem .4rem .3rem}}\n"
    "@media print{:root{--page:#fff;font-size:12px}body{font-size:1rem}nav,footer{display:none}"
    "header,main,footer{max-width:none;padding:0}h2{margin-top:1.6rem}"
    ".cells{grid-template-columns:repeat(2,minmax(0,1fr))}table{font-size:.86rem}"
    "th,td{padding:.2rem .5rem}figure,pre,.table,.remarks li,.facts div{break-inside:avoid}"
    "h2,h3,caption{break-after:avoid}.table{overflow:visible}}\n";

void page_style(struct buf *out)
{
    html_put(out, "<style>\n");
    html_put(out, style);
    figure_style(out);
    html_put(out, "</style>\n");
}

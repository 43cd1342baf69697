// SPDX-License-Identifier: MIT
// The look of all figures. Colours are variables, so that a page may change them. Five hues differ
// for readers who lack one kind of cone too (figure_svg.py checks it), and have a contrast of 4.5
// or more to the page (figures_browser.py); dashes, marks and names say the same without colour.
#include "report/figure.h"

static const char style[] =
    ".sk-figure{"
    "--sk-page:#fff;--sk-ink:#1b1f24;--sk-soft:#59616b;--sk-grid:#e6e9ed;--sk-axis:#8a929b;"
    "--sk-c0:#0b63ce;--sk-c1:#bf4a0a;--sk-c2:#0a7a5f;--sk-c3:#7d1a66;--sk-c4:#3a3a2a;"
    "font:13px system-ui,\"Segoe UI\",\"Helvetica Neue\",Arial,sans-serif;"
    "background:var(--sk-page)}\n"
    "@media (prefers-color-scheme:dark){.sk-figure{"
    "--sk-page:#12161c;--sk-ink:#eef1f4;--sk-soft:#a0a9b4;--sk-grid:#2a313a;--sk-axis:#77808b;"
    "--sk-c0:#5c9ff5;--sk-c1:#f0814f;--sk-c2:#45d3ae;--sk-c3:#e8a0e8;--sk-c4:#f6e69a}}\n"
    ".sk-figure text{fill:var(--sk-ink);font-variant-numeric:tabular-nums}\n"
    ".sk-figure .sk-head{font-size:16px;font-weight:600}\n"
    ".sk-figure .sk-soft{fill:var(--sk-soft)}\n"
    ".sk-figure .sk-small{font-size:12px}.sk-figure .sk-tiny{font-size:9px}\n"
    ".sk-page{fill:var(--sk-page)}\n"
    ".sk-grid{stroke:var(--sk-grid)}.sk-axis{stroke:var(--sk-axis)}\n"
    ".sk-guide{fill:none;stroke:var(--sk-axis);stroke-dasharray:3 4}\n"
    ".sk-rule{stroke:var(--sk-ink)}\n"
    ".sk-over{paint-order:stroke;stroke:var(--sk-page);stroke-width:4px;stroke-linejoin:round}\n"
    ".sk-line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}\n"
    ".sk-thin{stroke-width:1.3}\n"
    ".sk-d1{stroke-dasharray:6 5}.sk-d2{stroke-dasharray:.1 4}.sk-d3{stroke-dasharray:9 4 .1 4}\n"
    ".sk-mark{fill:var(--sk-ink);stroke:var(--sk-page);stroke-width:1.5}\n"
    ".sk-spot{fill:none;stroke-width:4;stroke-linecap:round;stroke-opacity:.5}\n"
    ".sk-c0{stroke:var(--sk-c0)}.sk-c1{stroke:var(--sk-c1)}.sk-c2{stroke:var(--sk-c2)}"
    ".sk-c3{stroke:var(--sk-c3)}.sk-c4{stroke:var(--sk-c4)}\n"
    ".sk-figure .sk-f0{fill:var(--sk-c0)}.sk-figure .sk-f1{fill:var(--sk-c1)}"
    ".sk-figure .sk-f2{fill:var(--sk-c2)}.sk-figure .sk-f3{fill:var(--sk-c3)}"
    ".sk-figure .sk-f4{fill:var(--sk-c4)}\n"
    ".sk-a1{fill-opacity:.1}.sk-a2{fill-opacity:.22}.sk-a3{fill-opacity:.4}"
    ".sk-a4{fill-opacity:.85}.sk-a5{fill-opacity:1}.sk-a6{fill-opacity:.6}\n"
    ".sk-figure .sk-inside{fill:var(--sk-page)}\n";

int figure_style(struct buf *out)
{
    return buf_puts(out, style);
}

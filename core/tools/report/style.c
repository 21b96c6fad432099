/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/style.h"

/*
 * The colours of layers: eight that people with any kind of colour vision can tell apart, after
 * Okabe and Ito, Color Universal Design (2008), lighter on a dark page.
 */
#define LIGHT                                                                                      \
	"--paper:#fff;--ink:#1a1a1a;--faint:#595959;--grid:#dcdcdc;--rule:#8a8a8a;--gap:#c9c9c9;"  \
	"--k0:#0072b2;--k1:#d55e00;--k2:#009e73;--k3:#b04a8a;--k4:#c08400;--k5:#3d9bd3;"           \
	"--k6:#555;--k7:#7a1f3d"
#define DARK                                                                                       \
	"--paper:#16181c;--ink:#ececec;--faint:#b4b4b4;--grid:#34373d;--rule:#80848c;"             \
	"--gap:#4a4d54;--k0:#4aa8e0;--k1:#ff8b4a;--k2:#2fc39a;--k3:#e59ac8;--k4:#eec04f;"          \
	"--k5:#9bd0f5;--k6:#bdbdbd;--k7:#e07f9c"

#define PLOT                                                                                       \
	":root{color-scheme:light dark;" LIGHT "}"                                                 \
	"@media (prefers-color-scheme:dark){:root{" DARK "}}"                                      \
	"@media print{:root{color-scheme:light;" LIGHT "}}"                                        \
	".plot{font:13px system-ui,sans-serif;background:var(--paper);color:var(--ink)}"           \
	".plot text{fill:var(--ink);unicode-bidi:isolate}"                                         \
	".plot .heading{font-weight:600}"                                                          \
	".plot .tick,.plot .axis{fill:var(--faint)}"                                               \
	".plot .letter{font-size:11px;font-weight:600;fill:var(--paper)}"                          \
	".c0{--k:var(--k0)}.c1{--k:var(--k1)}.c2{--k:var(--k2)}.c3{--k:var(--k3)}"                 \
	".c4{--k:var(--k4)}.c5{--k:var(--k5)}.c6{--k:var(--k6)}.c7{--k:var(--k7)}"                 \
	".line,.dot,.guide,.base,.grid,.whisker,.hatch{fill:none;"                                 \
	"vector-effect:non-scaling-stroke}"                                                        \
	".line{stroke:var(--k);stroke-width:1.5;stroke-linejoin:round;stroke-linecap:round}"       \
	".line.c1{stroke-dasharray:7 2}.line.c2{stroke-dasharray:3 2}"                             \
	".line.c3{stroke-dasharray:9 2 2 2}.line.c4{stroke-dasharray:1 "                           \
	"3}.line.c5{stroke-dasharray:12 3}"                                                        \
	".line.c6{stroke-dasharray:6 2 1 2 1 2}.line.c7{stroke-dasharray:2 5}"                     \
	".dot{stroke:var(--k);stroke-width:4;stroke-linecap:round;stroke-opacity:.75}"             \
	".s1{stroke-linecap:square}.s2{stroke-width:2}"                                            \
	".band{fill:var(--k);fill-opacity:.25}"                                                    \
	".bar,.lane{fill:var(--k)}.back{fill:var(--k);fill-opacity:.07}"                           \
	".guide{stroke:var(--rule);stroke-width:1;stroke-dasharray:4 3}"                           \
	".whisker{stroke:var(--ink);stroke-width:1.5}"                                             \
	".grid{stroke:var(--grid)}.base{stroke:var(--rule)}"                                       \
	".gap{fill:var(--gap)}.partly{fill:var(--ink)}"                                            \
	".hatch{stroke:var(--rule);stroke-width:1}.h2{stroke:var(--ink)}"                          \
	"@media (max-width:37em){.plot{font-size:15px}}"

#define PAGE                                                                                       \
	"*{box-sizing:border-box}"                                                                 \
	"body{margin:0 auto;padding:1rem;max-width:84rem;background:var(--paper);"                 \
	"color:var(--ink);font:1rem/1.45 system-ui,sans-serif;overflow-wrap:anywhere}"             \
	"h1{font-size:1.6rem;margin:.2em 0}h2{font-size:1.25rem;margin:1.6em 0 .4em}"              \
	"h3{font-size:1.05rem;margin:1.4em 0 .4em}p{max-width:60rem;margin:.5em 0}"                \
	"h1,h2,h3,p,dd,td,th,li,pre{unicode-bidi:isolate}"                                         \
	".files{display:grid;gap:0 2rem;grid-template-columns:repeat(auto-fit,"                    \
	"minmax(min(100%,24rem),1fr))}"                                                            \
	"dl{display:grid;grid-template-columns:minmax(6rem,max-content) 1fr;gap:.15rem 1rem;"      \
	"margin:.5em 0}dt{color:var(--faint)}dd{margin:0}"                                         \
	".plots{display:grid;gap:1.5rem 2rem;grid-template-columns:repeat(auto-fill,"              \
	"minmax(min(100%,27rem),1fr))}"                                                            \
	"figure{margin:0;break-inside:avoid}figcaption,.note{color:var(--faint);font-size:.85rem}" \
	".plot{display:block;width:100%;height:auto}"                                              \
	".workloads{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.2rem 1.2rem}"       \
	".workloads b{display:inline-block;min-width:1.5em;padding:0 .3em;margin-right:.4em;"      \
	"text-align:center;background:var(--k);color:var(--paper)}"                                \
	".scroll{overflow-x:auto;margin:1.2rem 0}"                                                 \
	"table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}"        \
	"caption{text-align:left;font-weight:600;padding:.2em 0}"                                  \
	"th,td{padding:.2rem .7rem .2rem 0;text-align:left;vertical-align:top;"                    \
	"border-bottom:1px solid var(--grid)}th{border-color:var(--rule)}"                         \
	"td.n,th.n{text-align:right;white-space:nowrap}th{overflow-wrap:normal}"                   \
	"td{overflow-wrap:break-word;max-width:"                                                   \
	"30rem}"                                                                                   \
	"pre{white-space:pre-wrap;font-size:.85rem}"                                               \
	"footer{margin-top:2em;color:var(--faint);font-size:.9rem}"                                \
	"@media print{body{max-width:none;padding:0;font-size:.8rem}"                              \
	".plots{grid-template-columns:1fr 1fr}.scroll{overflow:visible}}"

/* Returns: the style of a plot, for a file with one */
const char *
vmfc_style_get_plot(void)
{
	return PLOT;
}

/* Returns: the style of a page, with that of its plots */
const char *
vmfc_style_get_page(void)
{
	return PLOT PAGE;
}

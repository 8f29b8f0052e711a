#pragma once

// The style sheet of our pages: follows the reader's choice of light or dark; eight hues that differ for the
// colour-blind in lightness too.

namespace sfv::io {

inline constexpr const char* kHtmlStyle = R"(
:root { color-scheme: light dark; --page: #ffffff; --text: #1b1f24; --soft: #5b6570; --line: #d9dee3; --box: #f5f7f9;
  --c0: #0b62c4; --c1: #c2410c; --c2: #15803d; --c3: #7c3aed; --c4: #b91c5c; --c5: #0e7490; --c6: #a16207; --c7: #4b5563; }
@media (prefers-color-scheme: dark) {
  :root { --page: #14171a; --text: #e6e9ec; --soft: #9aa4ae; --line: #333a41; --box: #1d2226;
    --c0: #6cb0ff; --c1: #ff9a63; --c2: #6fd68f; --c3: #bfa2ff; --c4: #ff86b3; --c5: #5fd2e6; --c6: #e3bb52; --c7: #b6bec7; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1240px; padding: 24px 20px 60px; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 24px; margin: 0 0 4px; overflow-wrap: anywhere; } h2 { font-size: 18px; margin: 36px 0 12px; }
p.summary { color: var(--soft); margin: 0; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 480px), 1fr)); gap: 20px; }
figure { margin: 0; padding: 12px; background: var(--box); border-radius: 8px; min-width: 0; }
figcaption { font-weight: 600; margin-bottom: 6px; overflow-wrap: anywhere; } figcaption em, .legend em { font-weight: 400; color: var(--soft); }
svg, img { display: block; width: 100%; height: auto; }
.sheet { margin-bottom: 20px; } .sheet img { border-radius: 4px; width: auto; max-width: 100%; }
.sheet video { display: block; max-width: 100%; margin-bottom: 12px; border-radius: 4px; }
.grid { stroke: var(--line); stroke-width: 1; } .axis { fill: var(--soft); font-size: 12px; }
.line { fill: none; stroke-width: 1.6; stroke-linejoin: round; } polygon.band, circle.dot { stroke: none; } .band { opacity: .16; }
.c0 { stroke: var(--c0); } .c1 { stroke: var(--c1); } .c2 { stroke: var(--c2); } .c3 { stroke: var(--c3); }
.c4 { stroke: var(--c4); } .c5 { stroke: var(--c5); } .c6 { stroke: var(--c6); } .c7 { stroke: var(--c7); }
.band.c0, .dot.c0 { fill: var(--c0); } .band.c1, .dot.c1 { fill: var(--c1); } .band.c2, .dot.c2 { fill: var(--c2); }
.band.c3, .dot.c3 { fill: var(--c3); } .band.c4, .dot.c4 { fill: var(--c4); } .band.c5, .dot.c5 { fill: var(--c5); }
.band.c6, .dot.c6 { fill: var(--c6); } .band.c7, .dot.c7 { fill: var(--c7); }
.legend { list-style: none; margin: 6px 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: 2px 16px; font-size: 13px; }
.key { display: inline-block; width: 16px; height: 0; margin-right: 6px; vertical-align: middle; border-top: 3px solid currentColor; }
.key.second { border-top-style: dashed; }
.key.c0 { color: var(--c0); } .key.c1 { color: var(--c1); } .key.c2 { color: var(--c2); } .key.c3 { color: var(--c3); }
.key.c4 { color: var(--c4); } .key.c5 { color: var(--c5); } .key.c6 { color: var(--c6); } .key.c7 { color: var(--c7); }
pre { background: var(--box); padding: 14px; border-radius: 8px; overflow-x: auto; font: 13px/1.5 ui-monospace, monospace; margin: 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 14px; }
th, td { padding: 5px 12px; border-bottom: 1px solid var(--line); text-align: right; } th { font-weight: 600; }
th:first-child, td:first-child { text-align: left; overflow-wrap: anywhere; }
.table { overflow-x: auto; margin-bottom: 12px; } details { margin-bottom: 12px; color: var(--soft); }
.clips { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 240px), 1fr)); gap: 16px; }
.clips video, .clips img { display: block; width: 100%; border-radius: 4px; }
ol.notes { list-style: none; margin: 0; padding: 12px 14px; background: var(--box); border-radius: 8px; }
ol.notes li.alarm { color: var(--c1); font-weight: 600; }
ol.notes b { font-variant-numeric: tabular-nums; margin-right: 8px; }
)";

}  // namespace sfv::io

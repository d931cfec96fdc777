#include "story/page.hpp"

#include <algorithm>
#include <limits>
#include <string_view>

#include "base/printable.hpp"
#include "story/ladder.hpp"
#include "story/sentences.hpp"
#include "story/words.hpp"

namespace td::story {
namespace {

/// One measure of space (0.5rem) and two sizes of letters. Colours keep a contrast of 4.5 and more on both grounds.
constexpr std::string_view style = R"(
:root{color-scheme:light dark;--ground:#fff;--ink:#1c1e21;--soft:#5b6169;--line:#d4d8dd;--good:#136c39;--bad:#b3261e;
--call:#2457a6;--ring:#e0a800;--talk:#2e9e5b;--bar:#8fb2e3}
@media (prefers-color-scheme:dark){:root{--ground:#14171a;--ink:#e6e8ea;--soft:#a0a7b0;--line:#343a41;--good:#6fd08f;
--bad:#ff8a80;--call:#8ab4f8;--ring:#c99a1a;--talk:#3fae6d;--bar:#3f6299}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0 auto;padding:1.5rem 1rem 3rem;max-width:46rem;background:var(--ground);color:var(--ink);
font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;overflow-wrap:anywhere}
h1{font-size:1.35rem;line-height:1.25;margin:0 0 .5rem;text-wrap:balance}
h2{font-size:1rem;margin:2rem 0 .5rem}
p{margin:.25rem 0}
.verdict{font-size:1.05rem}
.facts,.below,caption{color:var(--soft);font-size:.875rem}
.good{color:var(--good)}.bad{color:var(--bad)}
ul{list-style:none;margin:0;padding:0}
li{display:grid;grid-template-columns:minmax(1.5rem,auto) 1fr;column-gap:.75rem;padding:.5rem 0;
border-top:1px solid var(--line)}
li.plain{grid-template-columns:1fr}
li b{font-weight:600;font-variant-numeric:tabular-nums}
li p{margin:0}
.strip{display:flex;height:1rem;margin:.5rem 0 1rem;border-radius:3px;overflow:hidden;background:var(--line)}
.strip i{display:block;min-width:1px;background:var(--bar);border-right:1px solid var(--ground)}
.strip i.ring,.strip i.wait{background:var(--ring)}.strip i.talk{background:var(--talk)}
table{border-collapse:collapse;width:100%}
td{padding:.25rem 0;border-top:1px solid var(--line);vertical-align:top}
td+td{padding-left:1rem;width:100%}
td:first-child{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
tr.sum td{border-top:2px solid var(--soft);font-weight:600}
.ladder{display:block;overflow:hidden;font-size:12px}
.ladder text{fill:var(--ink)}
.ladder .who{text-anchor:middle;font-weight:600;font-size:11px}.ladder .left{text-anchor:start}
.ladder .when{fill:var(--soft);font-variant-numeric:tabular-nums;font-size:11px}
.ladder .what.good{fill:var(--good)}.ladder .what.bad{fill:var(--bad)}.ladder .what.quiet{fill:var(--soft)}
.ladder .what,.ladder .when{paint-order:stroke;stroke:var(--ground);stroke-width:4px;stroke-linejoin:round}
.lane{stroke:var(--line);stroke-width:1}
.rings{stroke:var(--ring);stroke-width:6;opacity:.75}.talks{stroke:var(--talk);stroke-width:6}
.says{stroke:var(--call);stroke-width:1.5}.head,.tail,.dot{fill:var(--call)}
.says.good{stroke:var(--good)}.head.good,.tail.good,.dot.good{fill:var(--good)}
.says.bad{stroke:var(--bad)}.head.bad,.tail.bad,.dot.bad{fill:var(--bad)}
.says.quiet{stroke:var(--soft);stroke-dasharray:4 3}.head.quiet,.tail.quiet,.dot.quiet{fill:var(--soft)}
@media print{body{max-width:none}}
)";

std::string safe(std::string_view text) {
    std::string escaped;
    append_escaped(escaped, printable(text, std::numeric_limits<std::size_t>::max()));
    return escaped;
}

std::string_view class_of(step::tone tone) {
    switch (tone) {
        case step::tone::good: return "good";
        case step::tone::bad: return "bad";
        case step::tone::plain:
        case step::tone::quiet: return "";
    }
    return "";
}

void append_paragraph(std::string& out, const paragraph& one) {
    out += "<h2>" + safe(one.title) + "</h2>\n<ul>\n";
    for (const row& each : one.rows) {
        out += each.label.empty() ? "<li class=\"plain\">" : "<li><b>" + safe(each.label) + "</b>";
        out += "<div><p class=\"" + std::string(class_of(each.sounds)) + "\">" + safe(each.text) + "</p>";
        for (const std::string& more : each.below) {
            out += "<p class=\"below\">" + safe(more) + "</p>";
        }
        out += "</div></li>\n";
    }
    out += "</ul>\n";
}

/// Tenths of a percent of the whole, in CSS.
std::string share(duration part, duration whole) {
    const auto tenths = whole.count() == 0 ? 0 : part.count() * 1000 / whole.count();
    return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + '%';
}

void append_hops(std::string& out, const call_story& told) {
    out += "<h2>Time</h2>\n<div class=\"strip\" aria-hidden=\"true\">";
    for (const hop& each : told.hops) {
        out += "<i class=\"" + std::string(each.name) + "\" style=\"flex-basis:" + share(each.took, told.whole()) +
               "\" title=\"" + safe(each.words) + "\"></i>";
    }
    out += "</div>\n<table><tbody>\n";
    for (const hop& each : told.hops) {
        out += "<tr><td>" + seconds_text(each.took) + " s</td><td>" + safe(each.words) + "</td></tr>\n";
    }
    out += "<tr class=\"sum\"><td>" + seconds_text(told.whole()) + " s</td><td>the whole</td></tr>\n</tbody></table>\n";
}

}  // namespace

std::string page(const call_story& told) {
    const std::string title = safe(title_of(told));
    const std::string day = rfc3339(told.begins);
    std::string out =
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
        "<meta name=\"referrer\" content=\"no-referrer\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        "<title>" +
        title + "</title>\n<style>";
    out += style;
    out += "</style>\n</head>\n<body>\n<h1>" + title + "</h1>\n<p class=\"verdict " +
           std::string(class_of(tone_of(told))) + "\">" + safe(verdict_of(told)) + "</p>\n<p class=\"facts\">" +
           day.substr(0, 10) + ' ' + day.substr(11, 12) + " UTC, " + length_text(told.whole()) + "<br>call " +
           std::string(told.call.text()) + (told.node.empty() ? "" : ", node " + safe(told.node)) + "</p>\n";
    for (const paragraph& each : paragraphs_of(told)) {
        append_paragraph(out, each);
    }
    append_hops(out, told);
    out += "<h2>Course</h2>\n<p class=\"facts\">Seconds since the call began, downwards.</p>\n";
    append_ladder(out, told);
    out += "</body>\n</html>\n";
    return out;
}

}  // namespace td::story

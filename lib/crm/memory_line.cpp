#include "crm/memory_line.hpp"

#include "base/json_text.hpp"
#include "base/overloaded.hpp"
#include "crm/codec.hpp"
#include "crm/json.hpp"

namespace td::crm {
namespace {

result<knowledge> read_answer(const question& asked, std::optional<simdjson::dom::object> object) {
    if (!object) {
        return knowledge{nobody{}};
    }
    if (asked.flat.empty()) {
        auto panel = read_panel(*object);
        return panel ? result<knowledge>(knowledge{std::move(panel).value()}) : result<knowledge>(panel.why());
    }
    auto flat = read_flat(*object);
    return flat ? result<knowledge>(knowledge{std::move(flat).value().flat}) : result<knowledge>(flat.why());
}

}  // namespace

std::string written(const memory_line& line) {
    std::string out = "{\"at\":\"" + rfc3339(line.answer.at) + "\",\"panel\":";
    // Names come from a dialplan and may be any bytes; they must come back as the same bytes.
    append_json_text(out, line.asked.panel.text(), broken_utf8::kept);
    if (!line.asked.flat.empty()) {
        out.append(",\"flat\":");
        append_json_text(out, line.asked.flat.text(), broken_utf8::kept);
    }
    out.append(",\"answer\":");
    std::visit(overloaded{[&](const nobody&) { out.append("null"); },
                          [&](const call::flat_record& flat) { append_flat(out, flat); },
                          [&](const panel_record& panel) { append_panel(out, panel); }},
               line.answer.what);
    out.append("}\n");
    return out;
}

result<memory_line> read_memory_line(std::string_view text) {
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    if (parser.parse(text.data(), text.size()).get(object) != simdjson::SUCCESS) {
        return broken_json();
    }
    fields line(object);
    const auto at = parse_rfc3339(line.text("at").value_or(""));
    const auto panel = line.text("panel");
    const auto flat = line.text("flat");
    const auto answer = line.object("answer");
    if (!at || !panel || panel->empty() || line.broken()) {
        return broken_json();
    }
    question asked{panel_id{with_kept_bytes(*panel)}, flat_id{with_kept_bytes(flat.value_or(""))}};
    auto known = read_answer(asked, answer);
    if (!known) {
        return known.why();
    }
    return memory_line{std::move(asked), {std::move(known).value(), *at}};
}

}  // namespace td::crm

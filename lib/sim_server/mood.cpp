#include "sim_server/mood.hpp"

#include <array>

namespace td::sim_server {

std::string_view name_of(mood which) {
    switch (which) {
        case mood::well: return "well";
        case mood::slow: return "slow";
        case mood::hangs: return "hangs";
        case mood::fails: return "fails";
        case mood::denies: return "denies";
        case mood::broken_json: return "broken_json";
        case mood::torn: return "torn";
        case mood::cut: return "cut";
    }
    return {};
}

std::optional<mood> mood_of(std::string_view name) {
    constexpr std::array all{mood::well,   mood::slow,        mood::hangs, mood::fails,
                             mood::denies, mood::broken_json, mood::torn,  mood::cut};
    for (const mood each : all) {
        if (name_of(each) == name) {
            return each;
        }
    }
    return std::nullopt;
}

http_reply in_mood(mood which, http_reply right, duration slowness) {
    switch (which) {
        case mood::well: break;
        case mood::slow: right.delay += slowness; break;
        case mood::hangs: right.end = http_reply::fate::later; break;
        case mood::fails: return {.status = 500, .body = R"({"message":"switched to fail"})"};
        case mood::denies: return {.status = 404, .body = R"({"message":"switched to deny"})"};
        case mood::broken_json:
            right.status = 200;
            right.body = R"({"flat":"12","accounts":[{"account":"7900)";
            break;
        case mood::torn: right.end = http_reply::fate::torn; break;
        case mood::cut: right.end = http_reply::fate::cut; break;
    }
    return right;
}

}  // namespace td::sim_server

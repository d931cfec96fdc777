#pragma once
// The operator's CRM as tdctl's contract describes it, from a table in memory:
//     GET /panels/{panel}, GET /panels/{panel}/flats/{flat}/accounts, GET /panels?after=…&limit=…
// Its mood can be switched for all flats or for one.

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "base/id.hpp"
#include "base/result.hpp"
#include "call/words.hpp"
#include "sim_server/http_server.hpp"
#include "sim_server/mood.hpp"

namespace td::sim_server {

struct crm_panel {
    std::string name;
    std::string make = "sokol";
    std::string city_fias = "a376e68d-724a-4472-be7c-891bdb09ae32";
    std::string city_name = "Chelyabinsk";
    std::string address;
    std::string entrance = "1";
    double latitude = 55.16;
    double longitude = 61.40;
    std::string http;
    std::map<flat_id, call::flat_record> flats;
};

struct crm_options {
    std::string token;       ///< Bearer; empty: nobody is asked for one
    duration latency{};      ///< before every answer
    duration slowness = 2s;  ///< of mood::slow, on top of it
    http_limits limits;
};

struct crm_counts {
    std::uint64_t panels = 0;
    std::uint64_t flats = 0;
    std::uint64_t lists = 0;
    std::uint64_t not_found = 0;
    std::uint64_t unauthorized = 0;
};

class crm_server final : http_guest {
public:
    crm_server(loop& on, crm_options options);

    /// Gives back the port.
    [[nodiscard]] result<std::uint16_t> listen(std::string_view address) { return server_.listen(address); }

    /// Adds a panel, or replaces it.
    void put(const panel_id& panel, crm_panel entry);
    /// Adds a flat, or replaces it; the panel is added if need be.
    void put(const panel_id& panel, const flat_id& flat, call::flat_record entry);

    /// The mood of everything that has none of its own.
    void feel(mood all) { mood_ = all; }
    /// The mood of one flat; `well` gives it back the mood of all.
    void feel(const panel_id& panel, const flat_id& flat, mood one);

    [[nodiscard]] const crm_counts& counts() const { return counts_; }

private:
    http_reply answer(const http_request& request) override;
    http_reply right_answer(const http_request& request, mood& feeling);
    http_reply panel(const panel_id& name);
    http_reply flat(const panel_id& panel, const flat_id& name);
    http_reply list(const http_request& request);
    http_reply not_found(std::string_view what);

    crm_options options_;
    std::map<panel_id, crm_panel> panels_;
    mood mood_ = mood::well;
    std::map<std::pair<panel_id, flat_id>, mood> moods_;
    crm_counts counts_;
    http_server server_;
};

}  // namespace td::sim_server

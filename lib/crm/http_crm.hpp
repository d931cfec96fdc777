#pragma once
// The operator's CRM over HTTP, behind the port: flat and panel are asked for at the same time, answers are remembered
// and kept over restarts, and a CRM that fails is covered by what it said before (directory.hpp decides, this carries
// out).

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/instant.hpp"
#include "base/redacted.hpp"
#include "crm/directory.hpp"
#include "crm/memory_file.hpp"
#include "crm/panel_record.hpp"
#include "ports/ports.hpp"

namespace boost::asio {
class io_context;
}

namespace td::crm {

struct http_crm_options {
    std::string url;  ///< crm.url, http:// or https://
    secret token;     ///< crm.token
    duration timeout = 800ms;
    directory_rules rules;
    std::size_t in_flight = 256;   ///< requests at the same time: a CRM of 1 s still serves 128 calls/s
    std::size_t waiting = 10'000;  ///< requests that wait for one of them; beyond it the memory answers, or crm_failed
    std::filesystem::path memory;  ///< the file of the memory; empty: it is not kept over restarts
};

class http_crm final : public ports::crm, public ports::site_book {
public:
    /// Reads the memory, so it waits for the disk; the rest is asynchronous. `now` is also called on the writer's
    /// thread. `loop` must outlive it; the sink is called later and on the loop, never after the destructor.
    http_crm(boost::asio::io_context& loop, http_crm_options options, std::function<instant()> now,
             ports::fact_sink sink);
    http_crm(const http_crm&) = delete;
    http_crm& operator=(const http_crm&) = delete;
    ~http_crm() override;

    void find(const call::find_accounts& wanted) override;
    void find(const call::find_site& wanted) override;

    /// The panel as it was told last, at most `stale` ago; nothing is asked.
    [[nodiscard]] std::optional<panel_record> panel(const panel_id& name) const;
    [[nodiscard]] const directory_counters& counters() const;
    [[nodiscard]] std::size_t remembered_count() const;
    /// nullptr when the memory is not kept.
    [[nodiscard]] const memory_file_counters* file_counters() const;

private:
    class desk;
    std::shared_ptr<desk> desk_;  // shared: facts that are posted to the loop ask whether it still lives
};

}  // namespace td::crm

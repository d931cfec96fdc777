#pragma once
// The CRM of a small installation: a file (flats_file.hpp), read at the start and again when asked to (SIGHUP).

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "crm/flats_file.hpp"
#include "ports/ports.hpp"

namespace boost::asio {
class io_context;
}

namespace td::crm {

class file_crm final : public ports::crm, public ports::site_book {
public:
    /// Waits for the disk, so it is called before the loop runs; fails when the file cannot be used. `loop` must
    /// outlive what it makes; the sink is called later and on the loop, never after the destructor.
    [[nodiscard]] static result<std::unique_ptr<file_crm>> open(boost::asio::io_context& loop,
                                                                std::filesystem::path path, ports::fact_sink sink);
    file_crm(const file_crm&) = delete;
    file_crm& operator=(const file_crm&) = delete;
    ~file_crm() override;

    void find(const call::find_accounts& wanted) override;
    void find(const call::find_site& wanted) override;

    /// Reads the file again on a thread of its own and tells on the loop how many panels it holds; on a failure what
    /// was known stays in force. While one reading is under way a further one fails with `taken`.
    void reload(std::function<void(result<std::size_t>)> then);

    /// The panel's record, for the site data of an emergency call.
    [[nodiscard]] std::optional<panel_record> panel(const panel_id& name) const;

private:
    class desk;
    explicit file_crm(std::shared_ptr<desk> made);
    std::shared_ptr<desk> desk_;  // shared: a posted fact asks whether it still lives
};

}  // namespace td::crm

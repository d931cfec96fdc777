#pragma once
// What the log tells of calls: one line when a call begins, one when it ends, and one for everything that an operator
// would want to have seen; at debug level every fact. Accounts are phone numbers and only ever shown redacted.

#include "runtime/log.hpp"
#include "runtime/worker.hpp"

namespace td::runtime {

class call_log final : public witness {
public:
    /// The log must outlive it.
    explicit call_log(log& to) : log_(to) {}
    void saw(instant at, const call::fact& news, const call::commands& wishes) override;

private:
    void tell(const call::fact& news);
    void tell_of_emergency(const call::sos_arrived& n);
    void tell_of_emergency(const call::callback_arrived& n);
    void tell_of_emergency(const call::site_missing& n);
    void tell_of_emergency(const call::number_refused& n);
    void tell_of_emergency(const call::map_failed& n);
    void tell_of_emergency(const call::check_failed& n);
    void tell_of_emergency(const call::site_found& n);
    void tell_of_emergency(const call::number_lent& n);
    void tell_of_emergency(const call::number_mapped& n);
    void tell_of_emergency(const call::number_checked& n);
    void detail(const call_id& call, std::string_view event, log_fields fields);
    void tell_end(const call::door_record& record);
    void tell_end(const call::sos_record& record);
    void tell_end(const call::callback_record& record);
    void tell_alert(const call::sos_alert& news);

    log& log_;
};

}  // namespace td::runtime

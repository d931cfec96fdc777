#include "base/alarm_gate.hpp"

#include <memory>

#include "catch.hpp"

namespace td {
namespace {

TEST_CASE("alarm_gate: it tells until it is shut, and then holds the sink no longer", "[base]") {
    const auto told = std::make_shared<std::string>();
    alarm_gate gate([told](const alarm& news) { *told += news.name + " "; });
    gate.tell({"journal", alarm_state::raised, ""});
    gate.tell({"journal", alarm_state::cleared, ""});
    gate.shut();
    gate.tell({"spool", alarm_state::raised, ""});
    gate.shut();
    CHECK(*told == "journal journal ");
    CHECK(told.use_count() == 1);
}

TEST_CASE("alarm_gate: one without a sink tells nobody", "[base]") {
    alarm_gate gate({});
    CHECK_NOTHROW(gate.tell({"journal", alarm_state::raised, ""}));  // an empty function would
    gate.shut();
}

}  // namespace
}  // namespace td

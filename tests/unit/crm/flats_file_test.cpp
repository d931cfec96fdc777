#include "crm/flats_file.hpp"

#include "catch.hpp"

using namespace td;
using namespace td::crm;

namespace {

std::string complaint(std::string_view toml) {
    const auto read = read_flats(toml, "flats.toml");
    return read ? "none" : read.why().text;
}

}  // namespace

TEST_CASE("flats file: panels, flats, accounts in both forms", "[crm]") {
    const auto read = read_flats(R"(
[panels.5001]
name = "Lenina 1, entrance 2"
make = "beward"
lat = 55.16
lon = 61
city = { fias = "a376", name = "Chelyabinsk" }
[panels.5001.flats.12]
accounts = [
    "79001112244",
    { account = "79001112233", devices = [{ device = "d1", platform = "ios" }, { device = "d2" }] },
]
[panels.5001.flats.13]
blocked = true
[panels."5/2".flats."a b"]
auto_open = true
)",
                                 "flats.toml");
    REQUIRE(read);
    const panel_entry& panel = read->at(panel_id{"5001"});
    CHECK(panel.panel.name == "Lenina 1, entrance 2");
    CHECK(panel.panel.place == position{55.16, 61});
    CHECK(panel.panel.where == city{"a376", "Chelyabinsk"});
    const call::flat_record& flat = panel.flats.at(flat_id{"12"});
    CHECK(flat.accounts ==
          std::vector<call::account>{{account_id{"79001112244"}, {}},
                                     {account_id{"79001112233"}, {{device_id{"d1"}, "ios"}, {device_id{"d2"}, ""}}}});
    CHECK(panel.flats.at(flat_id{"13"}).blocked);
    CHECK(read->at(panel_id{"5/2"}).flats.at(flat_id{"a b"}).auto_open);
}

TEST_CASE("flats file: an empty file is one without panels", "[crm]") {
    const auto read = read_flats("", "flats.toml");
    REQUIRE(read);
    CHECK(read->empty());
}

TEST_CASE("flats file: a problem is told with its line and the remedy", "[crm]") {
    CHECK(complaint("\n[panels.1]\nnmae = \"x\"") ==
          "flats.toml:3: unknown key \"nmae\"; known here: name, make, address, entrance, http, lat, lon, city, flats");
    CHECK(complaint("[panels.1]\nname = 7").starts_with("flats.toml:2: name must be a text"));
    CHECK(complaint("[panels.1.flats.2]\nblocked = \"yes\"") == "flats.toml:2: blocked must be true or false");
    CHECK(complaint("[panels.1.flats.2]\naccounts = [\"a\",\n\"a\"]") ==
          "flats.toml:3: account \"a\" stands twice in this flat");
    CHECK(complaint("[panels.1.flats.2]\naccounts = [{ devices = [] }]") == "flats.toml:2: account is missing");
    CHECK(complaint("[panels.1.flats.2]\naccounts = [\"a\\u0007\"]").starts_with("flats.toml:2: an account must be"));
    CHECK(complaint("[panels.1]\nlat = 95.0\nlon = 1.0") == "flats.toml:2: lat must be degrees, at most 90 either way");
    CHECK(complaint("[panels.1]\nlat = 5.0") == "flats.toml:1: lat and lon stand together or not at all");
    CHECK(complaint("[panels.1]\nlat = nan\nlon = 1.0").starts_with("flats.toml:2: lat must be"));
    CHECK(complaint("panels = 1").starts_with("flats.toml:1: panels must be a table"));
    CHECK(complaint("a = [").starts_with("flats.toml:1: "));
    CHECK(complaint("[panels.1]\nname = Ленина") ==
          "flats.toml:2: a letter that is not ASCII must stand in quotes where a key or a value begins, and not behind "
          "a backslash");
    for (const char* broken : {"\n[=", "\n[", "\n [[ #", "\n[]", "\n[\x0e.1]", "\na = [}", "\na = {]", "\n= 1"}) {
        CAPTURE(broken);
        CHECK(complaint(broken).starts_with("flats.toml:2: "));
    }
}

TEST_CASE("flats file: what cannot be read is told by its name", "[crm]") {
    const auto gone = load_flats("/no/such/flats.toml");
    REQUIRE_FALSE(gone);
    CHECK(gone.why().text.starts_with("/no/such/flats.toml cannot be read"));
    CHECK_FALSE(load_flats("/").ok());
}

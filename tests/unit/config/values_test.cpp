#include "config/values.hpp"

#include "catch.hpp"

using namespace td::config;

namespace {

std::string parts(std::string_view text) {
    const td::result<address> read = parse_address(text);
    if (!read) {
        return read.why().text;
    }
    return read->scheme + "|" + read->user + "|" + read->host + "|" + std::to_string(read->port) + "|" + read->path;
}

}  // namespace

TEST_CASE("an address falls into its parts, with the scheme's usual port", "[config]") {
    CHECK(parts("http://127.0.0.1:8088") == "http||127.0.0.1|8088|");
    CHECK(parts("HTTPS://crm.example/a/b") == "https||crm.example|443|/a/b");
    CHECK(parts("mysql://td@db/calls") == "mysql|td|db|3306|/calls");
    CHECK(parts("amqp://td@[fe80::1%eth0]:5673/%2f").starts_with("an IPv6 address"));
    CHECK(parts("redis://[::1]:7000/3") == "redis||::1|7000|/3");
    CHECK(parts("127.0.0.1:9464") == "||127.0.0.1|9464|");
    CHECK(parts("sqlite:/var/lib/x.db") == "sqlite|||0|/var/lib/x.db");
}

TEST_CASE("an address that cannot be used is refused, and the words never repeat it", "[config]") {
    for (const std::string text :
         {"http://", "http://:80", "http://host:0", "http://host:65536", "http://host:80x", "http://u:secret@host/",
          "http://host/?q=secret", "http://host/#secret", "http://[::1", "http://[::1]80", "ht tp://host", "h1://host",
          "http://ho\x01st", "file:relative", "sqlite:", "host:port", "http://host:99999999999999999999"}) {
        INFO(text);
        const td::result<address> read = parse_address(text);
        REQUIRE_FALSE(read.ok());
        CHECK(read.why().text.find("secret@") == std::string::npos);
        CHECK(read.why().text.find("=secret") == std::string::npos);
    }
    CHECK_FALSE(parse_address("http://" + std::string(3000, 'a')).ok());
}

TEST_CASE("only addresses of this machine are loopback", "[config]") {
    for (const std::string text : {"http://127.0.0.1", "http://127.9.9.9", "http://localhost:1", "http://[::1]"}) {
        CHECK(address_of(text).loopback());
    }
    for (const std::string text : {"http://10.0.0.1", "http://127.example.org", "http://localhost.example", "none"}) {
        CHECK_FALSE(address_of(text).loopback());
    }
}

TEST_CASE("a secret is a reference, and a literal one is refused without being repeated", "[config]") {
    for (const std::string text : {"", "env:A_1", "file:/run/x y", "credential:ari-1.key"}) {
        REQUIRE(parse_secret_ref(text).ok());
        CHECK(text_of(*parse_secret_ref(text)) == text);
    }
    for (const std::string text : {"hunter2", "env:", "env:A B", "env:A=hunter2", "file:hunter2",
                                   "credential:../hunter2", "credential:..", "ENV:X"}) {
        INFO(text);
        REQUIRE_FALSE(parse_secret_ref(text).ok());
        CHECK(parse_secret_ref(text).why().text.find("hunter2") == std::string::npos);
    }
}

TEST_CASE("a secret of the environment must be set, be of one line and not be empty", "[config]") {
    const secret_ref reference{secret_ref::place::environment, "TOKEN"};
    CHECK(resolve(reference, {{"TOKEN", "abc"}})->reveal() == "abc");
    CHECK(resolve(reference, {}).why().kind == td::failure_kind::not_found);
    for (const std::string& value :
         {std::string(), std::string("a\nb"), std::string("a\0b", 3), std::string(4097, 'a')}) {
        CHECK(resolve(reference, {{"TOKEN", value}}).why().kind == td::failure_kind::bad_input);
    }
    CHECK(resolve(secret_ref{}, {})->empty());
}

TEST_CASE("sizes and hours are read as they are written", "[config]") {
    for (const std::string text : {"1B", "64KiB", "1536MiB", "1GiB", "3TiB", "0B"}) {
        REQUIRE(parse_byte_count(text));
        CHECK(text_of(*parse_byte_count(text)) == text);
    }
    for (const std::string text : {"", "1", "1GB", "-1B", "1.5GiB", "99999999999TiB", "GiB", " 1B"}) {
        CHECK_FALSE(parse_byte_count(text));
    }
    for (const std::string text : {"10:00-20:00", "22:00-06:30", "00:00-24:00"}) {
        REQUIRE(parse_hours(text));
        CHECK(text_of(*parse_hours(text)) == text);
    }
    for (const std::string text :
         {"", "10-20", "10:00-10:00", "24:01-25:00", "1a:00-20:00", "10:60-11:00", "10:00-20:00 "}) {
        CHECK_FALSE(parse_hours(text));
    }
}

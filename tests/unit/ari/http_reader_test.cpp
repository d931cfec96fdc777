#include "ari/http_reader.hpp"

#include "catch.hpp"

using namespace td::ari;

namespace {

/// Reads `text` in pieces of `piece` bytes: "204: 200:body …", and "!" where it is refused.
std::string read(const std::string& text, std::size_t piece, std::size_t limit = 100) {
    http_reader reader(limit);
    std::vector<http_reply> replies;
    bool sound = true;
    for (std::size_t at = 0; at < text.size() && sound; at += piece) {
        sound = reader.take(std::string_view(text).substr(at, piece), replies);
    }
    reader.finish(replies);
    std::string told;
    for (const http_reply& reply : replies) {
        told += std::to_string(reply.status) + ":" + reply.body + (reply.last ? "$ " : " ");
    }
    return told + (sound ? "" : "!");
}

/// The same whatever the pieces.
std::string read(const std::string& text) {
    const std::string whole = read(text, text.size() + 1);
    for (const std::size_t piece : {1U, 2U, 3U, 7U}) {
        CHECK(read(text, piece) == whole);
    }
    return whole;
}

}  // namespace

TEST_CASE("http reader: replies of a pipeline, in any pieces", "[ari]") {
    CHECK(read("HTTP/1.1 204 No Content\r\nServer: Asterisk\r\n\r\n"
               "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbody"
               "HTTP/1.1 404 Not Found\r\nContent-Length:0\r\n\r\n") == "204: 200:body 404: ");
}

TEST_CASE("http reader: chunks, extensions and trailers", "[ari]") {
    CHECK(
        read(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nbody\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n"
            "HTTP/1.1 204 No Content\r\n\r\n") == "200:body0123456789 204: ");
}

TEST_CASE("http reader: informational heads are passed over, Connection: close is told", "[ari]") {
    CHECK(read("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 1\r\n\r\nx") ==
          "200:x$ ");
}

TEST_CASE("http reader: a body without a length ends with the connection", "[ari]") {
    CHECK(read("HTTP/1.0 200 OK\r\n\r\nbody") == "200:body$ ");
}

TEST_CASE("http reader: an unfinished reply is none", "[ari]") {
    CHECK(read("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbod").empty());
    CHECK(read("HTTP/1.1 200 O").empty());
}

TEST_CASE("http reader: what is not HTTP is refused", "[ari]") {
    for (const char* text :
         {"garbage\r\n\r\n", "HTTP/1.1 xyz OK\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n", "HTTP/2.1 200 OK\r\n\r\n",
          "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxyy\r\n"}) {
        CAPTURE(text);
        CHECK(read(text) == "!");
    }
}

TEST_CASE("http reader: bodies and heads have limits", "[ari]") {
    CHECK(read("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n") == "!");
    CHECK(read("HTTP/1.1 200 OK\r\n\r\n" + std::string(101, 'x'), 10) == "!");
    CHECK(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3c\r\n" + std::string(60, 'x') + "\r\n3c\r\n") ==
          "!");
    CHECK(read("HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x'), 1000) == "!");
    CHECK(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(2000, '0'), 100) == "!");
}

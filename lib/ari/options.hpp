#pragma once
// What the adapter to Asterisk is told: where, as whom, for which application, and the limits of everything that could
// grow or wait. And what it tells in turn: counters for the metrics, lines for the log.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/instant.hpp"
#include "base/redacted.hpp"
#include "call/words.hpp"

namespace td::ari {

/// Which way the requests go.
enum class transport : std::uint8_t {
    automatic,  ///< over the events WebSocket where Asterisk answers there (20.14, 22.4) and it is not busy, else over
                ///< HTTP
    http,       ///< over HTTP only
    websocket,  ///< over the WebSocket; over HTTP while that is down or Asterisk is too old for it, and the words that
                ///< prove it (hearing)
};

/// How the panel's place goes with an emergency call.
enum class site_form : std::uint8_t {
    none,
    header,  ///< X-Td-… headers
    pidf,    ///< a PIDF-LO body and a Geolocation header (RFC 6442), where the endpoint has a geolocation profile
};

/// The limits, each with what happens beyond it.
struct limits {
    std::size_t connections = 16;  ///< HTTP connections; Asterisk's own session limit is 100. Beyond: pipelined
    std::size_t queue = 10'000;    ///< requests under way or waiting. Beyond: refused with status 503
    std::size_t socket_depth = 4;  ///< automatic: requests under way on the WebSocket. Beyond: HTTP
    std::size_t message_bytes = 16U << 20U;  ///< one WebSocket message. Beyond: the line is cut and made anew
    std::size_t reply_bytes = 64U << 20U;    ///< one HTTP body. Beyond: the connection is cut, the request has no reply
    duration request = 3s;                   ///< one request with its repetitions. Beyond: refused with status 0
    duration claim = 1s;                     ///< of a call in StasisBroadcast(). Beyond: it is another worker's
    duration picture = 10s;                  ///< the same for GET /channels and its like, which can be megabytes
    duration connect = 1s;                   ///< one TCP connect
    duration handshake = 3s;                 ///< one WebSocket handshake
    duration probe = 10s;                    ///< so long after an overdue request the WebSocket is tried again
    duration idle = 10s;                     ///< an unused connection is closed; Asterisk does it after 15 s
    duration ping = 1s;                      ///< between two pings
    duration silence = 2500ms;               ///< nothing heard for so long: the line is dead
    duration quiet = 1s;                     ///< no event for so long: a word is said to the own application
    duration hear = 1500ms;                  ///< it is not heard for so long: the line is deaf, and made anew
    duration retry_least = 100ms;            ///< between two connects of the line, doubled …
    duration retry_most = 2s;                ///< … up to this, with jitter
    duration farewell = 500ms;               ///< what stop() waits for replies under way
};

struct options {
    std::string url = "http://127.0.0.1:8088";  ///< http:// only; a path before /ari (http.conf's prefix) is kept
    std::string user;
    secret password;
    std::string app;                                ///< the Stasis application: one worker, one name
    call::line which = call::line::door;            ///< whose application it is
    std::string dial = "PJSIP/{account}@kamailio";  ///< {account} and {panel} are replaced; of emergency calls {route}
    std::string callback_dial;                      ///< of callbacks: {panel} is replaced
    site_form site = site_form::none;
    transport way = transport::automatic;
    limits limit;
};

/// Counted since the start; only ever growing.
struct counters {
    std::uint64_t events = 0;               ///< WebSocket messages that are events
    std::uint64_t unknown_events = 0;       ///< of them: of a type we do not know
    std::uint64_t broken_messages = 0;      ///< not JSON, or without what their type must have
    std::uint64_t requests = 0;             ///< sent, repetitions included
    std::uint64_t repeated = 0;             ///< of them: repetitions after a lost reply
    std::uint64_t connects = 0;             ///< times the events line came up
    std::uint64_t reconnects = 0;           ///< of them: not the first
    std::uint64_t gaps = 0;                 ///< times the events line was lost: events were missed
    std::uint64_t offered = 0;              ///< calls that StasisBroadcast() offered
    std::uint64_t claimed = 0;              ///< of them: that became ours
    std::map<int, std::uint64_t> failures;  ///< refused requests by HTTP status; 0 is "no reply"
};

enum class level : std::uint8_t { debug, info, warning, error };
/// Takes one line, without a secret in it, for the log.
using log_sink = std::function<void(level, std::string)>;

}  // namespace td::ari

#include "sim_server/http_server.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <ctime>
#include <utility>

#include "sim_server/http_connection.hpp"

namespace td::sim_server {
namespace {

namespace net = boost::asio;
using tcp = net::ip::tcp;

constexpr duration sweep_every = 25ms;
constexpr duration accept_again = 50ms;

/// An IMF-fixdate (RFC 9110 §5.6.7).
std::string http_date(instant at) {
    const std::time_t seconds = std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 40> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    return {text.data(), size};
}

result<tcp::endpoint> endpoint_of(std::string_view address) {
    const std::size_t colon = address.rfind(':');
    std::string_view host = address.substr(0, colon == std::string_view::npos ? 0 : colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    }
    boost::system::error_code bad;
    const auto ip = net::ip::make_address(std::string(host), bad);
    std::uint16_t port = 0;
    const char* end = address.data() + address.size();
    const auto number =
        std::from_chars(address.data() + (colon == std::string_view::npos ? address.size() : colon + 1), end, port);
    if (bad || number.ec != std::errc{} || number.ptr != end) {
        return failure{
            failure_kind::bad_input,
            fmt::format("'{}' is no address to listen on: say HOST:PORT with a numeric host, as 127.0.0.1:8088",
                        address)};
    }
    return tcp::endpoint(ip, port);
}

}  // namespace

std::optional<http_reply> http_guest::turn_away(const http_request&) {
    return http_reply{.status = 404, .body = R"({"message":"There is no WebSocket here"})"};
}
void http_guest::opened(socket_no, const http_request&) {}
void http_guest::heard(socket_no, std::string_view) {}
void http_guest::closed(socket_no) {}
void http_guest::turn_ended() {}

void http_floor::accept() {
    acceptor.async_accept(
        [this, life = std::weak_ptr<char>(alive)](const boost::system::error_code& failed, tcp::socket socket) {
            if (life.expired() || failed == net::error::operation_aborted) {
                return;
            }
            if (!failed) {
                admit(std::move(socket));
                accept();
                return;
            }
            // Out of descriptors, most likely: it would fail again at once and for as long as they last.
            on.at(on.now() + accept_again, [this, life] {
                if (!life.expired()) {
                    accept();
                }
            });
        });
}

void http_floor::admit(tcp::socket socket) {
    ++counts.accepted;
    if (connections.size() >= limits.sessions) {
        ++counts.turned_away;
        return;
    }
    boost::system::error_code failed;
    socket.non_blocking(true, failed);
    if (!failed) {
        socket.set_option(tcp::no_delay(true), failed);
    }
    if (failed) {
        return;  // the peer is gone already
    }
    const socket_no number = ++last_number;
    const auto fresh = std::make_shared<http_connection>(*this, std::move(socket), number);
    connections.emplace(number, fresh);
    fresh->read();
    if (!sweeping) {
        sweeping = true;
        look_for_the_slow();
    }
}

void http_floor::look_for_the_slow() {
    const instant now = on.now();
    std::vector<std::shared_ptr<http_connection>> all;
    all.reserve(connections.size());
    for (const auto& [number, one] : connections) {
        all.push_back(one);
    }
    for (const auto& one : all) {
        if (!one->left()) {
            one->hold_against(now);
        }
    }
    sweeping = !connections.empty();
    if (!sweeping) {
        return;
    }
    sweep.expires_after(sweep_every);
    sweep.async_wait([this, life = std::weak_ptr<char>(alive)](const boost::system::error_code& failed) {
        // One that was due when the server went comes all the same, and without an error.
        if (!failed && !life.expired()) {
            look_for_the_slow();
        }
    });
}

void http_floor::flush_soon(std::shared_ptr<http_connection> which) {
    if (which->marked) {
        return;
    }
    which->marked = true;
    unflushed.push_back(std::move(which));
    if (unflushed.size() == 1) {
        on.soon([this, life = std::weak_ptr<char>(alive)] {
            if (!life.expired()) {
                flush_all();
            }
        });
    }
}

void http_floor::flush_all() {
    for (const auto& one : std::exchange(unflushed, {})) {
        one->marked = false;
        one->flush();
    }
}

const std::string& http_floor::date_now() {
    const instant now = on.now();
    if (date.empty() || now - date_of >= 1s) {
        date = http_date(now);
        date_of = std::chrono::floor<std::chrono::seconds>(now);
    }
    return date;
}

http_server::http_server(loop& on, http_guest& guest, http_limits limits)
    : inside_(std::make_unique<inside>(on, guest, std::move(limits))) {}

http_server::~http_server() {
    for (const auto& [number, one] : std::exchange(inside_->connections, {})) {
        one->abandon();
    }
}

result<std::uint16_t> http_server::listen(std::string_view address) {
    const result<tcp::endpoint> where = endpoint_of(address);
    if (!where) {
        return where.why();
    }
    tcp::acceptor& door = inside_->acceptor;
    boost::system::error_code failed;
    door.open(where->protocol(), failed);
    if (!failed) {
        door.set_option(tcp::acceptor::reuse_address(true), failed);
    }
    if (!failed) {
        door.bind(*where, failed);
    }
    if (!failed) {
        door.listen(net::socket_base::max_listen_connections, failed);
    }
    if (failed) {
        boost::system::error_code ignored;  // it may not even be open
        door.close(ignored);
        return failure{
            failed == net::error::address_in_use ? failure_kind::taken : failure_kind::unreachable,
            fmt::format("cannot listen on {}: {}; choose another --listen address", address, failed.message())};
    }
    inside_->accept();
    return door.local_endpoint().port();
}

void http_server::reply(socket_no connection, http_reply given) {
    if (const auto found = inside_->connections.find(connection); found != inside_->connections.end()) {
        const auto kept = found->second;
        kept->reply_late(std::move(given));
    }
}

void http_server::send(socket_no socket, std::string_view text) {
    if (const auto found = inside_->connections.find(socket); found != inside_->connections.end()) {
        const auto kept = found->second;
        kept->send_text(text);
    }
}

void http_server::close(socket_no socket) {
    if (const auto found = inside_->connections.find(socket); found != inside_->connections.end()) {
        const auto kept = found->second;
        kept->say_goodbye(close_code::normal);
    }
}

void http_server::cut(socket_no socket) {
    if (const auto found = inside_->connections.find(socket); found != inside_->connections.end()) {
        const auto kept = found->second;
        kept->leave();
    }
}

void http_server::cut_all() {
    for (const auto& [number, one] : std::unordered_map(inside_->connections)) {
        one->leave();
    }
}

void http_server::silence(socket_no socket) {
    if (const auto found = inside_->connections.find(socket); found != inside_->connections.end()) {
        found->second->silence();
    }
}

std::size_t http_server::sessions() const {
    return inside_->connections.size();
}
const http_counts& http_server::counts() const {
    return inside_->counts;
}

}  // namespace td::sim_server

#include "sim_server/http_connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <utility>

namespace td::sim_server {
namespace {

namespace net = boost::asio;
namespace http = boost::beast::http;
using tcp = net::ip::tcp;

/// What may wait unread behind a reply that is held back; beyond it the connection is not read until the reply is out.
constexpr std::size_t unread_bytes = 65536;

template <class Foreign>
std::string_view view(const Foreign& text) {
    return {text.data(), text.size()};
}

bool same_word(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::string_view reason_of(unsigned status) {
    return view(http::obsolete_reason(static_cast<http::status>(status)));
}

http_connection::http_connection(http_floor& server, tcp::socket socket, socket_no number)
    : server_(&server), socket_(std::move(socket)), number_(number), frames_(server.limits.message_bytes) {
    since_ = server.on.now();
    parser_.emplace();
    prepare_parser();
}

void http_connection::prepare_parser() {
    parser_->eager(true);
    parser_->header_limit(static_cast<std::uint32_t>(server_->limits.header_bytes));
    parser_->body_limit(server_->limits.body_bytes);
    continued_ = false;
}

void http_connection::read() {
    if (server_ == nullptr || reading_ || last_ || silent_ || in_.size() > unread_bytes) {
        return;
    }
    reading_ = true;
    socket_.async_read_some(net::buffer(chunk_),
                            [self = shared_from_this()](const boost::system::error_code& failed, std::size_t size) {
                                self->reading_ = false;
                                if (self->server_ == nullptr || self->silent_) {
                                    return;
                                }
                                if (failed) {
                                    self->leave();
                                    return;
                                }
                                self->in_.append(self->chunk_.data(), size);
                                self->work();
                                if (self->server_ != nullptr) {
                                    self->server_->guest.turn_ended();
                                }
                                self->read();
                            });
}

void http_connection::work() {
    while (server_ != nullptr && !waiting_ && !last_ && !in_.empty()) {
        if (!(websocket_ ? take_messages() : take_request())) {
            return;
        }
    }
}

/// False when more bytes are needed, or none will be read any more.
bool http_connection::take_request() {
    boost::system::error_code failed;
    const std::size_t used = parser_->put(net::buffer(in_), failed);
    in_.erase(0, used);
    if (failed && failed != http::error::need_more) {
        refuse_request(failed);
        return false;
    }
    if (parser_->is_header_done() && !parser_->is_done() && !continued_ &&
        same_word(view(parser_->get()[http::field::expect]), "100-continue")) {
        continued_ = true;
        out_.append("HTTP/1.1 100 Continue\r\n\r\n");
        server_->flush_soon(shared_from_this());
    }
    if (!parser_->is_done()) {
        return used > 0 && !in_.empty() && !failed;
    }
    const auto& head = parser_->get();
    const std::string_view target = view(head.target());
    const std::size_t mark = std::min(target.find('?'), target.size());
    http_request request;
    request.connection = number_;
    request.method = view(head.method_string());
    request.path = target.substr(0, mark);
    request.query = target.substr(std::min(mark + 1, target.size()));
    request.host = view(head[http::field::host]);
    request.authorization = view(head[http::field::authorization]);
    request.content_type = view(head[http::field::content_type]);
    request.body = head.body();
    meet(request);
    return server_ != nullptr;
}

void http_connection::refuse_request(const boost::system::error_code& why) {
    keeps_ = false;
    bodiless_ = false;
    reply({.status = why == http::error::header_limit ? 431U
                     : why == http::error::body_limit ? 413U
                                                      : 400U,
           .body = R"({"message":"The request could not be read"})"});
}

void http_connection::meet(const http_request& request) {
    ++server_->counts.requests;
    since_ = server_->on.now();
    keeps_ = parser_->get().keep_alive();
    bodiless_ = request.method == "HEAD";
    if (!wants_websocket()) {
        reply(server_->guest.answer(request));
    } else if (std::optional<http_reply> away = server_->guest.turn_away(request)) {
        reply(*std::move(away));
    } else {
        open_websocket(request);
    }
}

bool http_connection::wants_websocket() const {
    const auto& head = parser_->get();
    return head.method() == http::verb::get && same_word(view(head[http::field::upgrade]), "websocket") &&
           !head[http::field::sec_websocket_key].empty();
}

void http_connection::open_websocket(const http_request& request) {
    const auto& head = parser_->get();
    const bool asks_protocol = !head[http::field::sec_websocket_protocol].empty();
    out_.append(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ")
        .append(websocket_accept(view(head[http::field::sec_websocket_key])))
        .append(asks_protocol ? "\r\nSec-WebSocket-Protocol: ari\r\n\r\n" : "\r\n\r\n");
    websocket_ = true;
    server_->flush_soon(shared_from_this());
    server_->guest.opened(number_, request);
}

void http_connection::reply(http_reply given) {
    if (given.end == http_reply::fate::later) {
        waiting_ = true;
        return;
    }
    if (given.delay <= duration::zero()) {
        write_reply(given);
        return;
    }
    waiting_ = true;
    const instant when = server_->on.now() + given.delay;
    given.delay = {};
    server_->on.at(when, [held = std::move(given), weak = weak_from_this()]() mutable {
        if (const auto self = weak.lock()) {
            self->reply_late(std::move(held));
        }
    });
}

void http_connection::reply_late(http_reply given) {
    if (server_ == nullptr || !waiting_) {
        return;  // the client gave up meanwhile
    }
    waiting_ = false;
    reply(std::move(given));
    work();
    if (server_ != nullptr) {
        server_->guest.turn_ended();
    }
    read();
}

void http_connection::write_reply(const http_reply& given) {
    if (given.end == http_reply::fate::cut) {
        leave();
        return;
    }
    const bool torn = given.end == http_reply::fate::torn;
    fmt::format_to(std::back_inserter(out_),
                   "HTTP/1.1 {} {}\r\nServer: {}\r\nDate: {}\r\n{}Cache-Control: no-cache, no-store\r\n", given.status,
                   reason_of(given.status), server_->limits.name, server_->date_now(),
                   keeps_ && !torn ? "" : "Connection: close\r\n");
    if (!given.body.empty()) {
        fmt::format_to(std::back_inserter(out_), "Content-type: {}\r\n", given.content_type);
    }
    // A 204 carries a length of 0 too, as Asterisk's does.
    fmt::format_to(std::back_inserter(out_), "{}Content-Length: {}\r\n\r\n", given.headers, given.body.size());
    if (!bodiless_) {
        out_.append(given.body, 0, torn ? given.body.size() / 2 : given.body.size());
    }
    last_ = last_ || torn || !keeps_;
    since_ = server_->on.now();
    parser_.emplace();
    prepare_parser();
    server_->flush_soon(shared_from_this());
}

bool http_connection::take_messages() {
    frames_.feed(std::exchange(in_, {}));
    while (server_ != nullptr && !last_) {
        switch (frames_.next()) {
            case frame_reader::finding::more: return false;
            case frame_reader::finding::text:
                ++server_->counts.messages_in;
                server_->guest.heard(number_, frames_.payload());
                break;
            case frame_reader::finding::ping:
                append_frame(out_, frame_kind::pong, frames_.payload());
                server_->flush_soon(shared_from_this());
                break;
            case frame_reader::finding::pong: break;
            case frame_reader::finding::close: say_goodbye(close_code::normal); break;
            case frame_reader::finding::broken: say_goodbye(frames_.why()); break;
        }
    }
    return false;
}

void http_connection::send_text(std::string_view text) {
    if (last_) {
        return;
    }
    append_frame(out_, frame_kind::text, text);
    ++server_->counts.messages_out;
    if (out_.size() - written_ > server_->limits.unsent_bytes) {
        ++server_->counts.cut_for_slowness;
        leave();
        return;
    }
    server_->flush_soon(shared_from_this());
}

void http_connection::say_goodbye(close_code why) {
    if (last_) {
        return;
    }
    append_close(out_, why);
    last_ = true;
    server_->flush_soon(shared_from_this());
}

void http_connection::flush() {
    if (server_ == nullptr || silent_ || stalled_ != never) {
        return;
    }
    while (written_ < out_.size()) {
        boost::system::error_code failed;
        const std::size_t size =
            socket_.write_some(net::buffer(out_.data() + written_, out_.size() - written_), failed);
        written_ += size;
        if (failed == net::error::would_block || failed == net::error::try_again) {
            stalled_ = server_->on.now();
            socket_.async_wait(tcp::socket::wait_write,
                               [self = shared_from_this()](const boost::system::error_code& lost) {
                                   self->stalled_ = never;
                                   if (!lost) {
                                       self->flush();
                                   }
                               });
            return;
        }
        if (failed) {
            leave();
            return;
        }
    }
    out_.clear();
    written_ = 0;
    if (last_) {
        leave();
    }
}

void http_connection::leave() {
    if (server_ == nullptr) {
        return;
    }
    http_floor& server = *std::exchange(server_, nullptr);
    const auto self = shared_from_this();
    abandon();
    server.connections.erase(number_);
    server.guest.closed(number_);
}

void http_connection::abandon() {
    server_ = nullptr;
    boost::system::error_code ignored;  // a socket that cannot be closed cleanly is closed all the same
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
}

void http_connection::hold_against(instant now) {
    const http_limits& limits = server_->limits;
    if (stalled_ != never && now - stalled_ > (websocket_ ? limits.write_timeout : limits.reply_timeout)) {
        ++server_->counts.cut_for_slowness;
        leave();
        return;
    }
    if (websocket_ || waiting_ || !out_.empty()) {
        return;
    }
    if (now - since_ > (parser_->got_some() ? limits.request_time : limits.keep_alive)) {
        leave();
    }
}

}  // namespace td::sim_server

#include "ari_server.hpp"

#include <utility>  // Boost 1.74's Asio uses std::exchange without including it

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <list>
#include <nlohmann/json.hpp>

namespace td::test {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using namespace std::chrono_literals;

namespace {

using http_request = http::request<http::string_body>;
using socket_stream = beast::websocket::stream<beast::tcp_stream>;

std::string reply_text(const answer& said) {
    std::string head = "HTTP/1.1 " + std::to_string(said.status) + " X\r\nServer: Asterisk\r\n";
    if (said.how == answer::manner::chunked) {
        std::string chunks;
        for (const char c : said.body) {
            chunks.append("1\r\n").append(1, c).append("\r\n");
        }
        return head + "Transfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\n\r\n";
    }
    if (said.status == 204) {
        return head + "\r\n";
    }
    return head + "Content-Length: " + std::to_string(said.body.size()) + "\r\n\r\n" + said.body;
}

std::string without_query(const std::string& target) {
    return target.substr(0, target.find('?'));
}

answer empty_asterisk(const request_seen& request) {
    const std::string path = without_query(request.target);
    if (path == "/ari/channels" || path == "/ari/bridges") {
        return {200, "[]"};
    }
    if (path.starts_with("/ari/applications/")) {
        return {200, R"({"name":"td","channel_ids":[],"bridge_ids":[]})"};
    }
    return {};
}

}  // namespace

struct ari_server::insides : std::enable_shared_from_this<ari_server::insides> {
    /// One HTTP connection; its requests are answered in order, one after another.
    struct session : std::enable_shared_from_this<session> {
        session(insides& of, tcp::socket socket, std::size_t which)
            : owner(of), stream(std::move(socket)), timer(stream.get_executor()), number(which) {}

        void read() {
            request = {};
            http::async_read(stream, buffer, request,
                             [self = shared_from_this()](const error_code& error, std::size_t) {
                                 if (error || self->over) {
                                     self->close();
                                 } else {
                                     self->owner.take(*self);
                                 }
                             });
        }

        void write(std::string text, std::size_t piece, bool close_after) {
            out = std::move(text);
            sent = 0;
            step(piece, close_after);
        }

        void step(std::size_t piece, bool close_after) {
            const std::size_t length = std::min(piece, out.size() - sent);
            asio::async_write(
                stream, asio::buffer(out.data() + sent, length),
                [self = shared_from_this(), piece, close_after](const error_code& error, std::size_t done) {
                    self->sent += done;
                    if (error || self->over) {
                        self->close();
                    } else if (self->sent < self->out.size()) {
                        self->timer.expires_after(200ms);
                        self->timer.async_wait([self, piece, close_after](const error_code& stopped) {
                            if (!stopped && !self->over) {
                                self->step(piece, close_after);
                            }
                        });
                    } else if (close_after) {
                        self->close();
                    } else {
                        self->read();
                    }
                });
        }

        void close() {
            over = true;
            timer.cancel();
            error_code ignored;
            stream.socket().close(ignored);
        }

        insides& owner;  // its loop ends before it does
        beast::tcp_stream stream;
        asio::steady_timer timer;
        std::size_t number;
        beast::flat_buffer buffer;
        http_request request;
        std::string out;
        std::size_t sent = 0;
        bool over = false;
    };

    insides(asio::io_context& on, ari_server& face) : loop(on), owner(face), acceptor(on) {}

    void listen(std::uint16_t wanted) {
        const tcp::endpoint where(asio::ip::make_address("127.0.0.1"), wanted);
        acceptor.open(where.protocol());
        acceptor.set_option(tcp::acceptor::reuse_address(true));
        acceptor.bind(where);
        acceptor.listen();
        port = acceptor.local_endpoint().port();
        accept();
    }

    void accept() {
        acceptor.async_accept([self = shared_from_this()](const error_code& error, tcp::socket made) {
            if (error || self->gone) {
                return;
            }
            if (self->owner.full && self->socket) {
                error_code ignored;
                made.close(ignored);
            } else {
                self->sessions.push_back(std::make_shared<session>(*self, std::move(made), ++self->connections));
                self->sessions.back()->read();
            }
            self->sessions.remove_if([](const auto& each) { return each->over; });
            self->most = std::max(self->most, self->sessions.size());
            self->accept();
        });
    }

    void take(session& one) {
        if (beast::websocket::is_upgrade(one.request)) {
            upgrade(one);
            return;
        }
        const request_seen request{std::string(one.request.method_string()), std::string(one.request.target()),
                                   one.request.body(), one.number};
        seen.push_back(request);
        const answer said = owner.answers(request);
        const std::string text = reply_text(said);
        switch (said.how) {
            case answer::manner::whole:
            case answer::manner::chunked: one.write(text, text.size(), false); return;
            case answer::manner::half: one.write(text.substr(0, text.size() / 2), text.size(), true); return;
            case answer::manner::cut: one.close(); return;
            case answer::manner::hang: return;
            case answer::manner::garbage: one.write("\x16\x03\x01 this is not HTTP\r\n\r\n", 1000, false); return;
            case answer::manner::drip: one.write(text, 1, false); return;
        }
    }

    void upgrade(session& one) {
        handshakes.emplace_back(one.request[http::field::authorization]);
        handshake_targets.emplace_back(one.request.target());
        if (owner.handshake != 101) {
            one.write(reply_text({owner.handshake, "{}"}), 1000, true);
            return;
        }
        if (socket) {
            cut();
        }
        one.over = true;
        socket = std::make_shared<socket_stream>(std::move(one.stream));
        socket->async_accept(one.request, [self = shared_from_this(), mine = socket](const error_code& error) {
            if (!error && mine == self->socket) {
                ++self->sockets;
                self->ready = true;
                if (!self->owner.mute) {
                    self->read_socket();
                }
                self->write_socket();
            }
        });
    }

    void read_socket() {
        socket->async_read(incoming, [self = shared_from_this(), mine = socket](const error_code& error, std::size_t) {
            if (error || mine != self->socket) {
                return;
            }
            const std::string text = beast::buffers_to_string(self->incoming.data());
            self->incoming.clear();
            self->rest_request(text);
            self->read_socket();
        });
    }

    void rest_request(const std::string& text) {
        if (!owner.rest_on_socket) {
            return;
        }
        const auto request = nlohmann::json::parse(text);
        const request_seen asked{request.at("method"), "/ari/" + request.at("uri").get<std::string>(),
                                 request.value("message_body", ""), 0};
        seen.push_back(asked);
        const answer said = owner.answers(asked);
        if (said.how != answer::manner::hang) {
            say(nlohmann::json{{"type", "RESTResponse"},
                               {"request_id", request.at("request_id")},
                               {"status_code", said.status},
                               {"message_body", said.body}}
                    .dump());
        }
    }

    void say(std::string text) {
        outgoing.push_back(std::move(text));
        write_socket();
    }

    void write_socket() {
        if (!socket || !ready || writing || outgoing.empty()) {
            return;
        }
        writing = true;
        socket->text(true);
        socket->async_write(asio::buffer(outgoing.front()),
                            [self = shared_from_this(), mine = socket](const error_code& error, std::size_t) {
                                if (mine != self->socket) {
                                    return;
                                }
                                self->writing = false;
                                self->outgoing.pop_front();
                                if (!error) {
                                    self->write_socket();
                                }
                            });
    }

    void cut() {
        if (socket) {
            error_code ignored;
            beast::get_lowest_layer(*socket).socket().close(ignored);
            retired.push_back(std::exchange(socket, nullptr));
        }
        ready = writing = false;
        outgoing.clear();
    }

    void close_all() {
        error_code ignored;
        acceptor.close(ignored);
        cut();
        for (const auto& each : sessions) {
            each->close();
        }
    }

    asio::io_context& loop;
    ari_server& owner;
    tcp::acceptor acceptor;
    std::uint16_t port = 0;
    std::list<std::shared_ptr<session>> sessions;
    std::shared_ptr<socket_stream> socket;
    std::vector<std::shared_ptr<socket_stream>> retired;  ///< their completions are still to come
    beast::flat_buffer incoming;
    std::deque<std::string> outgoing;
    bool ready = false;
    bool writing = false;
    bool gone = false;
    std::size_t connections = 0;
    std::size_t sockets = 0;
    std::size_t most = 0;
    std::vector<request_seen> seen;
    std::vector<std::string> handshakes;
    std::vector<std::string> handshake_targets;
};

ari_server::ari_server(asio::io_context& loop)
    : answers(empty_asterisk), insides_(std::make_shared<insides>(loop, *this)) {
    insides_->listen(0);
}

ari_server::~ari_server() {
    insides_->gone = true;
    insides_->close_all();
}

std::string ari_server::url() const {
    return "http://127.0.0.1:" + std::to_string(insides_->port);
}

void ari_server::tell(std::string text) {
    insides_->say(std::move(text));
}

void ari_server::cut_socket() {
    insides_->cut();
}

void ari_server::die() {
    insides_->close_all();
}

void ari_server::begin_again() {
    insides_->acceptor = tcp::acceptor(insides_->loop);
    insides_->listen(insides_->port);
}

const std::vector<request_seen>& ari_server::seen() const {
    return insides_->seen;
}

const std::vector<std::string>& ari_server::handshake_passwords() const {
    return insides_->handshakes;
}

const std::vector<std::string>& ari_server::handshake_targets() const {
    return insides_->handshake_targets;
}

std::size_t ari_server::count(const std::string& verb_and_target) const {
    std::size_t times = 0;
    for (const request_seen& each : insides_->seen) {
        times += each.verb + " " + without_query(each.target) == verb_and_target ? 1U : 0U;
    }
    return times;
}

std::size_t ari_server::sockets_made() const {
    return insides_->sockets;
}

std::size_t ari_server::most_connections() const {
    return insides_->most;
}

}  // namespace td::test

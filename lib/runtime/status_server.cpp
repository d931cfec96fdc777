#include "runtime/status_server.hpp"

#include <utility>  // Boost 1.74's Asio uses std::exchange without including it

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <exception>
#include <optional>
#include <unordered_set>

namespace td::runtime {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using request = http::request<http::empty_body>;
using response = http::response<http::string_body>;

std::optional<tcp::endpoint> endpoint_of(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    std::string_view host = text.substr(0, colon);
    const std::string_view number = text.substr(colon + 1);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    }
    std::uint16_t port = 0;
    const auto [end, wrong] = std::from_chars(number.data(), number.data() + number.size(), port);
    error_code error;
    const auto address = asio::ip::make_address(std::string(host), error);
    if (wrong != std::errc{} || end != number.data() + number.size() || number.empty() || error) {
        return std::nullopt;
    }
    return tcp::endpoint(address, port);
}

failure listen_failure(const std::string& listen, const error_code& error) {
    const std::string where = "metrics.listen = \"" + listen + "\": ";
    if (error == asio::error::address_in_use) {
        return {failure_kind::taken, where + "another program has the port; give this worker another one"};
    }
    if (error == asio::error::access_denied) {
        return {failure_kind::not_allowed, where + "not allowed; take a port above 1023"};
    }
    return {failure_kind::unreachable, where + error.message() + "; use an address of this machine"};
}

response plain(http::status status, std::string body) {
    response reply(status, 11);
    reply.set(http::field::content_type, "text/plain; charset=utf-8");
    reply.body() = std::move(body);
    return reply;
}

std::string lines_of(const std::vector<std::string>& each) {
    std::string text;
    for (const std::string& line : each) {
        text.append(line).append("\n");
    }
    return text;
}

}  // namespace

struct status_server::insides {
    insides(asio::io_context& loop, const status_options& wishes, status_answers given)
        : acceptor(loop), options(wishes), answers(std::move(given)) {}

    tcp::acceptor acceptor;
    status_options options;
    status_answers answers;
    std::uint16_t port = 0;
    std::unordered_set<beast::tcp_stream*> living;
    bool over = false;

    response answer(const request& asked) const {
        if (asked.method() != http::verb::get && asked.method() != http::verb::head) {
            response reply = plain(http::status::method_not_allowed, "only GET and HEAD\n");
            reply.set(http::field::allow, "GET, HEAD");
            return reply;
        }
        const beast::string_view target = asked.target();
        const beast::string_view path = target.substr(0, target.find('?'));
        if (path == "/metrics") {
            response reply = plain(http::status::ok, answers.metrics());
            reply.set(http::field::content_type, "text/plain; version=0.0.4; charset=utf-8");
            return reply;
        }
        if (path == "/healthz") {
            return plain(http::status::ok, "ok\n");
        }
        if (path == "/readyz") {
            // An alarm is for people to act on: a worker that serves calls with one is better than no worker at all.
            const std::string reasons = lines_of(answers.not_ready());
            const std::string alarms = answers.alarms ? lines_of(answers.alarms()) : std::string();
            return reasons.empty() ? plain(http::status::ok, "ready\n" + alarms)
                                   : plain(http::status::service_unavailable, reasons + alarms);
        }
        return plain(http::status::not_found, "there are /metrics, /healthz and /readyz\n");
    }

    static response refusal(const error_code& error) {
        if (error == http::error::header_limit) {
            return plain(http::status::request_header_fields_too_large, "the header is too long\n");
        }
        if (error == http::error::body_limit || error == http::error::unexpected_body) {
            return plain(http::status::payload_too_large, "no request here has a body\n");
        }
        return plain(http::status::bad_request, "this is no HTTP request\n");
    }

    /// The reply to what arrived; nothing when nobody waits for one: closed, cut or too slow.
    std::optional<response> reply_to(const request& asked, const error_code& error) const {
        if (!error) {
            try {
                return answer(asked);
            } catch (const std::exception& wrong) {
                return plain(http::status::internal_server_error, std::string(wrong.what()) + '\n');
            }
        }
        const bool is_http = error.category() == http::make_error_code(http::error::bad_method).category();
        if (!is_http || error == http::error::end_of_stream || error == http::error::partial_message) {
            return std::nullopt;
        }
        return refusal(error);
    }

    static asio::awaitable<void> accept_all(std::shared_ptr<insides> self);
    static asio::awaitable<void> converse(std::shared_ptr<insides> self, tcp::socket socket);
};

/// One connection. Its deadlines are those of beast's stream, which closes the socket when one passes.
asio::awaitable<void> status_server::insides::converse(std::shared_ptr<insides> self, tcp::socket socket) {
    beast::tcp_stream stream(std::move(socket));
    self->living.insert(&stream);
    beast::flat_buffer buffer(self->options.header_limit + 4096);
    http::request_parser<http::empty_body> parser;
    parser.header_limit(static_cast<std::uint32_t>(self->options.header_limit));
    error_code error;
    stream.expires_after(self->options.request_limit);
    co_await http::async_read(stream, buffer, parser, asio::redirect_error(asio::use_awaitable, error));
    if (auto reply = self->reply_to(parser.get(), error)) {
        reply->keep_alive(false);
        reply->set(http::field::cache_control, "no-store");
        reply->prepare_payload();
        stream.expires_after(self->options.reply_limit);
        if (!error && parser.get().method() == http::verb::head) {
            http::response_serializer<http::string_body> head(*reply);
            head.split(true);
            co_await http::async_write_header(stream, head, asio::redirect_error(asio::use_awaitable, error));
        } else {
            co_await http::async_write(stream, *reply, asio::redirect_error(asio::use_awaitable, error));
        }
        stream.socket().shutdown(tcp::socket::shutdown_send, error);
    }
    self->living.erase(&stream);
}

/// Waits for connections as long as the server lives: the one await here without a deadline.
asio::awaitable<void> status_server::insides::accept_all(std::shared_ptr<insides> self) {
    const auto loop = co_await asio::this_coro::executor;
    asio::steady_timer pause(loop);
    while (!self->over) {
        error_code error;
        tcp::socket socket = co_await self->acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
        if (self->over) {
            co_return;
        }
        if (error) {
            // Out of descriptors, most likely: the connection stays in the queue, so that trying at once would spin.
            pause.expires_after(std::chrono::milliseconds(100));
            co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
        } else if (self->living.size() < self->options.connection_limit) {
            asio::co_spawn(loop, converse(self, std::move(socket)), [](const std::exception_ptr& wrong) {
                // Only memory can be missing here, and then the worker has more to tell than this.
                static_cast<void>(wrong);
            });
        }
    }
}

result<std::unique_ptr<status_server>> status_server::start(asio::io_context& loop, const status_options& options,
                                                            status_answers answers) {
    const auto where = endpoint_of(options.listen);
    if (!where) {
        return failure{failure_kind::bad_input,
                       "metrics.listen = \"" + options.listen + "\": write it as 127.0.0.1:9464 or [::1]:9464"};
    }
    auto in = std::make_shared<insides>(loop, options, std::move(answers));
    error_code error;
    in->acceptor.open(where->protocol(), error);
    if (!error) {
        in->acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    }
    if (!error) {
        in->acceptor.bind(*where, error);
    }
    if (!error) {
        in->acceptor.listen(static_cast<int>(options.connection_limit), error);
    }
    if (error) {
        return listen_failure(options.listen, error);
    }
    in->port = in->acceptor.local_endpoint(error).port();
    asio::co_spawn(loop, insides::accept_all(in), [](const std::exception_ptr& wrong) { static_cast<void>(wrong); });
    return std::unique_ptr<status_server>(new status_server(std::move(in)));
}

status_server::status_server(std::shared_ptr<insides> in) : in_(std::move(in)) {}

status_server::~status_server() {
    in_->over = true;
    error_code ignored;
    in_->acceptor.close(ignored);
    for (beast::tcp_stream* each : in_->living) {
        each->close();
    }
}

std::uint16_t status_server::port() const {
    return in_->port;
}
std::size_t status_server::connections() const {
    return in_->living.size();
}

}  // namespace td::runtime

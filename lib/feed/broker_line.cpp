#include "feed/broker_line.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "base/percent.hpp"

// librabbitmq 0.12 moved its headers.
#if __has_include(<rabbitmq-c/amqp.h>)
#include <rabbitmq-c/amqp.h>
#include <rabbitmq-c/framing.h>
#include <rabbitmq-c/tcp_socket.h>
#else
#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_tcp_socket.h>
#endif

namespace td::feed {
namespace {

constexpr int frame_limit = 131072;  // RabbitMQ's own default
constexpr std::uint8_t persistent = 2;
constexpr std::size_t longest_short_text = 255;  // AMQP 0-9-1 section 4.2.5.3

timeval timeval_of(duration length) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(length);
    const auto rest = std::chrono::duration_cast<std::chrono::microseconds>(length - seconds);
    return {static_cast<time_t>(seconds.count()), static_cast<suseconds_t>(rest.count())};
}

amqp_bytes_t bytes_of(std::string_view text) {
    // librabbitmq takes a pointer to mutable bytes and does not write to them.
    return {text.size(), const_cast<char*>(text.data())};
}

/// What a stranger said, for a log line.
std::string shown(amqp_bytes_t bytes) {
    std::string text(static_cast<const char*>(bytes.bytes), std::min(bytes.len, longest_short_text));
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c < ' ' || c == '\x7f'; }, '?');
    return text;
}

struct close_words {
    int code = 0;
    std::string text;
};

std::optional<close_words> close_words_of(const amqp_method_t& method) {
    if (method.id == AMQP_CONNECTION_CLOSE_METHOD) {
        const auto& said = *static_cast<const amqp_connection_close_t*>(method.decoded);
        return close_words{said.reply_code, shown(said.reply_text)};
    }
    if (method.id == AMQP_CHANNEL_CLOSE_METHOD) {
        const auto& said = *static_cast<const amqp_channel_close_t*>(method.decoded);
        return close_words{said.reply_code, shown(said.reply_text)};
    }
    return std::nullopt;
}

/// The reply codes of AMQP 0-9-1, and what somebody has to do about them.
failure failure_of(const close_words& said) {
    switch (said.code) {
        case AMQP_ACCESS_REFUSED:
            return {failure_kind::not_allowed,
                    said.text + ": is feed.password right, and may the user write to feed.exchange?"};
        case AMQP_NOT_ALLOWED:
            return {failure_kind::not_found, said.text + ": is there such a vhost, and may the user enter it?"};
        case AMQP_NOT_FOUND: return {failure_kind::not_found, said.text + ": declare it, or let the user configure it"};
        case AMQP_PRECONDITION_FAILED:
            return {failure_kind::refused, said.text + ": feed.exchange must be a durable topic exchange"};
        default: return {failure_kind::unreachable, said.text};
    }
}

failure failure_of(int status) {
    if (status == AMQP_STATUS_HEARTBEAT_TIMEOUT || status == AMQP_STATUS_TIMEOUT) {
        return {failure_kind::unreachable, "it does not answer"};
    }
    return {failure_kind::unreachable, amqp_error_string2(status)};
}

failure failure_of(const amqp_rpc_reply_t& reply) {
    if (reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION) {
        const auto said = close_words_of(reply.reply);
        return said ? failure_of(*said) : failure{failure_kind::unreachable, "it answered with something else"};
    }
    return failure_of(reply.library_error);
}

/// What the library does not say of us by itself: that connection.blocked is understood, and who we are.
class client_words {
public:
    client_words() {
        capability_.key = amqp_cstring_bytes("connection.blocked");
        capability_.value.kind = AMQP_FIELD_KIND_BOOLEAN;
        capability_.value.value.boolean = 1;
        words_[0].key = amqp_cstring_bytes("capabilities");
        words_[0].value.kind = AMQP_FIELD_KIND_TABLE;
        words_[0].value.value.table = {1, &capability_};
        words_[1].key = amqp_cstring_bytes("connection_name");
        words_[1].value.kind = AMQP_FIELD_KIND_UTF8;
        words_[1].value.value.bytes = amqp_cstring_bytes("tdctl feed");
    }
    client_words(const client_words&) = delete;
    client_words& operator=(const client_words&) = delete;
    [[nodiscard]] amqp_table_t table() { return {2, words_.data()}; }

private:
    amqp_table_entry_t capability_{};
    std::array<amqp_table_entry_t, 2> words_{};
};

}  // namespace

std::optional<std::string> amqp_name(std::string_view text) {
    auto decoded = percent_decoded(text);
    return decoded && decoded->size() <= longest_short_text ? decoded : std::nullopt;
}

std::optional<std::string> vhost_of_path(std::string_view path) {
    return path.size() <= 1 ? std::optional<std::string>("/") : amqp_name(path.substr(1));
}

struct broker_line::insides {
    explicit insides(const broker_limits& given) : limits(given), connection(amqp_new_connection()) {}
    insides(const insides&) = delete;
    insides& operator=(const insides&) = delete;
    ~insides() {
        if (connection != nullptr) {
            amqp_destroy_connection(connection);
        }
    }

    result<done> connect(const broker_place& place);
    result<done> log_in(const broker_place& place, const secret& password);
    result<done> open_channel();
    result<done> prepare(const std::string& exchange_name);
    result<done> reply() const;
    result<std::optional<broker_news>> read(const amqp_frame_t& frame);
    result<std::optional<broker_news>> read_method(const amqp_frame_t& frame);
    std::optional<broker_news> read_return(const amqp_frame_t& frame);

    broker_limits limits;
    amqp_connection_state_t connection;
    amqp_channel_t channel = 1;
    std::string exchange;
    std::optional<broker_returned> returning;   ///< between its method and the last byte of its body
    std::optional<std::uint64_t> return_bytes;  ///< of that body still to come; known with its header
};

result<done> broker_line::insides::connect(const broker_place& place) {
    amqp_socket_t* socket = connection == nullptr ? nullptr : amqp_tcp_socket_new(connection);
    if (socket == nullptr) {
        return failure{failure_kind::unreachable, "no memory for a connection"};
    }
    timeval limit = timeval_of(limits.connect);
    if (const int status = amqp_socket_open_noblock(socket, place.host.c_str(), place.port, &limit);
        status != AMQP_STATUS_OK) {
        return failure{failure_kind::unreachable, status == AMQP_STATUS_HOSTNAME_RESOLUTION_FAILED
                                                      ? "nobody knows that host"
                                                      : "nobody answers there"};
    }
    // A broker that takes in nothing for so long is gone: the library's own limit counts what is heard from it only.
    const auto silence = std::chrono::duration_cast<std::chrono::milliseconds>(2 * limits.heartbeat);
    const auto patience = static_cast<unsigned>(silence.count());
    static_cast<void>(::setsockopt(amqp_get_sockfd(connection), IPPROTO_TCP, TCP_USER_TIMEOUT, &patience,
                                   sizeof patience));  // where the kernel does not know it, heartbeats do
    const timeval whole = timeval_of(limits.log_in);
    const timeval each = timeval_of(limits.answer);
    amqp_set_handshake_timeout(connection, &whole);
    amqp_set_rpc_timeout(connection, &each);
    return done{};
}

result<done> broker_line::insides::log_in(const broker_place& place, const secret& password) {
    client_words words;
    const amqp_table_t table = words.table();
    const amqp_rpc_reply_t answer = amqp_login_with_properties(
        connection, place.vhost.c_str(), 0, frame_limit, static_cast<int>(limits.heartbeat.count()), &table,
        AMQP_SASL_METHOD_PLAIN, place.user.c_str(), password.reveal().c_str());
    if (answer.reply_type != AMQP_RESPONSE_NORMAL) {
        return failure_of(answer);
    }
    return done{};
}

result<done> broker_line::insides::reply() const {
    const amqp_rpc_reply_t answer = amqp_get_rpc_reply(connection);
    if (answer.reply_type != AMQP_RESPONSE_NORMAL) {
        return failure_of(answer);
    }
    return done{};
}

result<done> broker_line::insides::open_channel() {
    amqp_channel_open(connection, channel);
    return reply();
}

result<done> broker_line::insides::prepare(const std::string& exchange_name) {
    exchange = exchange_name;
    if (auto opened = open_channel(); !opened) {
        return opened;
    }
    const auto declare = [this](amqp_boolean_t only_look) {
        amqp_exchange_declare(connection, channel, bytes_of(exchange), amqp_cstring_bytes("topic"), only_look, 1, 0, 0,
                              amqp_empty_table);
        return reply();
    };
    if (auto declared = declare(0); !declared) {
        if (declared.why().kind != failure_kind::not_allowed) {
            return declared;
        }
        // The user has no right to configure it, and needs none where somebody else has declared it. The refusal closed
        // the channel.
        amqp_channel_close_ok_t confirmed{};
        amqp_send_method(connection, channel, AMQP_CHANNEL_CLOSE_OK_METHOD, &confirmed);
        ++channel;
        if (auto opened = open_channel(); !opened) {
            return opened;
        }
        if (auto found = declare(1); !found) {
            return found;
        }
    }
    amqp_confirm_select(connection, channel);
    return reply();
}

result<std::unique_ptr<broker_line>> broker_line::open(const broker_place& place, const secret& password,
                                                       const broker_limits& limits) {
    auto in = std::make_unique<insides>(limits);
    if (auto connected = in->connect(place); !connected) {
        return connected.why();
    }
    if (auto entered = in->log_in(place, password); !entered) {
        return entered.why();
    }
    if (auto prepared = in->prepare(place.exchange); !prepared) {
        return prepared.why();
    }
    return std::unique_ptr<broker_line>(new broker_line(std::move(in)));
}

broker_line::broker_line(std::unique_ptr<insides> in) : in_(std::move(in)) {}
broker_line::~broker_line() = default;

result<done> broker_line::publish(const spooled& message) {
    amqp_basic_properties_t about{};
    about._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG |
                   AMQP_BASIC_TIMESTAMP_FLAG | AMQP_BASIC_APP_ID_FLAG | AMQP_BASIC_TYPE_FLAG;
    about.content_type = amqp_cstring_bytes("application/json");
    about.delivery_mode = persistent;
    about.message_id = bytes_of(message.message_id);
    about.type = bytes_of(message.key);
    about.app_id = amqp_cstring_bytes("tdctl");
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    about.timestamp = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count());
    const int status = amqp_basic_publish(in_->connection, in_->channel, bytes_of(in_->exchange), bytes_of(message.key),
                                          1, 0, &about, bytes_of(message.body));
    if (status != AMQP_STATUS_OK) {
        return failure_of(status);
    }
    return done{};
}

result<std::optional<broker_news>> broker_line::hear(duration at_most) {
    const auto until = std::chrono::steady_clock::now() + std::max(at_most, duration::zero());
    for (;;) {
        amqp_maybe_release_buffers(in_->connection);  // also within a return: what is wanted of it was copied
        const auto left = std::chrono::duration_cast<duration>(until - std::chrono::steady_clock::now());
        const timeval limit = timeval_of(std::max(left, duration::zero()));
        amqp_frame_t frame{};
        const int status = amqp_simple_wait_frame_noblock(in_->connection, &frame, &limit);
        if (status == AMQP_STATUS_TIMEOUT) {
            return std::optional<broker_news>{};
        }
        if (status != AMQP_STATUS_OK) {
            return failure_of(status);
        }
        auto news = in_->read(frame);
        if (!news || *news || left <= duration::zero()) {
            return news;  // also where a stranger keeps talking and says nothing
        }
    }
}

result<std::optional<broker_news>> broker_line::insides::read(const amqp_frame_t& frame) {
    if (frame.frame_type == AMQP_FRAME_METHOD) {
        return read_method(frame);
    }
    return read_return(frame);
}

result<std::optional<broker_news>> broker_line::insides::read_method(const amqp_frame_t& frame) {
    const auto reach = [](amqp_boolean_t multiple) {
        return multiple != 0 ? confirm_reach::all_before : confirm_reach::one;
    };
    const amqp_method_t& method = frame.payload.method;
    if (const auto said = close_words_of(method)) {
        return failure_of(*said);
    }
    switch (method.id) {
        case AMQP_BASIC_ACK_METHOD: {
            const auto& said = *static_cast<const amqp_basic_ack_t*>(method.decoded);
            return std::optional<broker_news>(broker_took{said.delivery_tag, reach(said.multiple)});
        }
        case AMQP_BASIC_NACK_METHOD: {
            const auto& said = *static_cast<const amqp_basic_nack_t*>(method.decoded);
            return std::optional<broker_news>(broker_refused{said.delivery_tag, reach(said.multiple)});
        }
        case AMQP_BASIC_RETURN_METHOD: {
            const auto& said = *static_cast<const amqp_basic_return_t*>(method.decoded);
            returning = broker_returned{{}, shown(said.routing_key), shown(said.reply_text)};
            return_bytes.reset();
            return std::optional<broker_news>{};
        }
        case AMQP_CONNECTION_BLOCKED_METHOD: {
            const auto& said = *static_cast<const amqp_connection_blocked_t*>(method.decoded);
            return std::optional<broker_news>(broker_blocked{shown(said.reason)});
        }
        case AMQP_CONNECTION_UNBLOCKED_METHOD: return std::optional<broker_news>(broker_unblocked{});
        default:
            return std::optional<broker_news>{};  // nothing else is asked for, and what is not asked for is nothing
    }
}

/// The header and the body that follow basic.return. Only the name of the record is wanted; the body is passed over.
std::optional<broker_news> broker_line::insides::read_return(const amqp_frame_t& frame) {
    if (!returning) {
        return std::nullopt;  // the content of a method that was not asked for
    }
    if (frame.frame_type == AMQP_FRAME_HEADER && frame.payload.properties.class_id == AMQP_BASIC_CLASS) {
        const auto& about = *static_cast<const amqp_basic_properties_t*>(frame.payload.properties.decoded);
        if ((about._flags & AMQP_BASIC_MESSAGE_ID_FLAG) != 0) {
            returning->message_id.assign(static_cast<const char*>(about.message_id.bytes), about.message_id.len);
        }
        return_bytes = frame.payload.properties.body_size;
    } else if (frame.frame_type == AMQP_FRAME_BODY && return_bytes) {
        *return_bytes -= std::min<std::uint64_t>(*return_bytes, frame.payload.body_fragment.len);
    }
    if (!return_bytes || *return_bytes > 0) {
        return std::nullopt;
    }
    return_bytes.reset();
    return broker_news(*std::exchange(returning, std::nullopt));
}

void broker_line::close() {
    const timeval limit = timeval_of(in_->limits.farewell);
    amqp_set_rpc_timeout(in_->connection, &limit);
    amqp_connection_close(in_->connection, AMQP_REPLY_SUCCESS);
}

}  // namespace td::feed

#pragma once
// Somebody else at a broker, independent of the code under test: declares, binds, reads.

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#if __has_include(<rabbitmq-c/amqp.h>)
#include <rabbitmq-c/amqp.h>
#include <rabbitmq-c/tcp_socket.h>
#else
#include <amqp.h>
#include <amqp_tcp_socket.h>
#endif

namespace td::test {

inline amqp_bytes_t amqp_text(std::string_view text) {
    return {text.size(), const_cast<char*>(text.data())};
}

class amqp_outsider {
public:
    struct message {
        std::string key;
        std::string message_id;
        std::string body;
        std::string content_type;
        std::string app_id;
        unsigned delivery_mode = 0;
        std::uint64_t timestamp = 0;
        bool redelivered = false;
    };

    amqp_outsider(std::uint16_t port, const char* user, const char* password) : connection_(amqp_new_connection()) {
        amqp_socket_t* socket = amqp_tcp_socket_new(connection_);
        timeval limit{10, 0};
        const bool in = amqp_socket_open_noblock(socket, "127.0.0.1", port, &limit) == AMQP_STATUS_OK &&
                        amqp_login(connection_, "/", 0, 131072, 0, AMQP_SASL_METHOD_PLAIN, user, password).reply_type ==
                            AMQP_RESPONSE_NORMAL;
        if (in) {
            amqp_channel_open(connection_, 1);
        }
        if (!in || amqp_get_rpc_reply(connection_).reply_type != AMQP_RESPONSE_NORMAL) {
            amqp_destroy_connection(connection_);
            throw std::runtime_error("RabbitMQ does not let the outsider in");
        }
    }
    amqp_outsider(const amqp_outsider&) = delete;
    amqp_outsider& operator=(const amqp_outsider&) = delete;
    ~amqp_outsider() { amqp_destroy_connection(connection_); }

    void declare_exchange(std::string_view name, std::string_view type) {
        amqp_exchange_declare(connection_, 1, amqp_text(name), amqp_text(type), 0, 1, 0, 0, amqp_empty_table);
        must("exchange.declare");
    }
    void delete_exchange(std::string_view name) {
        amqp_exchange_delete(connection_, 1, amqp_text(name), 0);
        must("exchange.delete");
    }
    /// A durable queue for all records of an exchange; with a limit it refuses what does not fit.
    void bind_queue(std::string_view queue, std::string_view exchange, std::string_view key, int most = 0) {
        amqp_table_entry_t limits[2]{};
        limits[0].key = amqp_cstring_bytes("x-max-length");
        limits[0].value.kind = AMQP_FIELD_KIND_I32;
        limits[0].value.value.i32 = most;
        limits[1].key = amqp_cstring_bytes("x-overflow");
        limits[1].value.kind = AMQP_FIELD_KIND_UTF8;
        limits[1].value.value.bytes = amqp_cstring_bytes("reject-publish");
        const amqp_table_t limited{2, limits};
        amqp_queue_declare(connection_, 1, amqp_text(queue), 0, 1, 0, 0, most > 0 ? limited : amqp_empty_table);
        must("queue.declare");
        amqp_queue_bind(connection_, 1, amqp_text(queue), amqp_text(exchange), amqp_text(key), amqp_empty_table);
        must("queue.bind");
    }
    /// Takes everything that stands in the queue.
    std::vector<message> take_all(std::string_view queue) {
        std::vector<message> all;
        for (;;) {
            amqp_maybe_release_buffers(connection_);
            const amqp_rpc_reply_t reply = amqp_basic_get(connection_, 1, amqp_text(queue), 1);
            if (reply.reply_type != AMQP_RESPONSE_NORMAL) {
                throw std::runtime_error("basic.get failed");
            }
            if (reply.reply.id != AMQP_BASIC_GET_OK_METHOD) {
                return all;
            }
            const auto* got = static_cast<const amqp_basic_get_ok_t*>(reply.reply.decoded);
            message read;
            read.key = text(got->routing_key);
            read.redelivered = got->redelivered != 0;
            amqp_message_t raw{};
            if (amqp_read_message(connection_, 1, &raw, 0).reply_type != AMQP_RESPONSE_NORMAL) {
                throw std::runtime_error("the message does not follow");
            }
            read.message_id = text(raw.properties.message_id);
            read.content_type = text(raw.properties.content_type);
            read.app_id = text(raw.properties.app_id);
            read.delivery_mode = raw.properties.delivery_mode;
            read.timestamp = raw.properties.timestamp;
            read.body = text(raw.body);
            amqp_destroy_message(&raw);
            all.push_back(std::move(read));
        }
    }

private:
    static std::string text(amqp_bytes_t bytes) { return {static_cast<const char*>(bytes.bytes), bytes.len}; }
    void must(const char* what) const {
        if (amqp_get_rpc_reply(connection_).reply_type != AMQP_RESPONSE_NORMAL) {
            throw std::runtime_error(std::string("RabbitMQ refuses ") + what);
        }
    }
    amqp_connection_state_t connection_;
};

}  // namespace td::test

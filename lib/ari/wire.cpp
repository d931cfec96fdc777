#include "ari/wire.hpp"

#include <utility>  // Boost 1.74's Asio uses std::exchange without including it

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

namespace td::ari {
namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::size_t backlog_limit = 64U << 20U;

}  // namespace

wire::wire(const asio::any_io_executor& loop, listener told, std::size_t piece)
    : socket_(loop), resolver_(loop), told_(std::move(told)), in_(piece, '\0') {}

void wire::open(const endpoint& where) {
    error_code not_numeric;
    if (const auto address = asio::ip::make_address(where.host, not_numeric); !not_numeric) {
        places_.emplace_back(address, where.port);
        connect();
        return;
    }
    // Asio looks names up on a thread of its own, so a slow DNS server holds nothing else up.
    resolver_.async_resolve(where.host, std::to_string(where.port),
                            [self = shared_from_this()](const error_code& error, const auto& found) {
                                if (self->over_) {
                                    return;
                                }
                                if (error) {
                                    self->end(error);
                                    return;
                                }
                                self->places_.assign(found.begin(), found.end());
                                self->connect();
                            });
}

void wire::connect() {
    asio::async_connect(socket_, places_, [self = shared_from_this()](const error_code& error, const auto&) {
        if (self->over_) {
            return;
        }
        if (error) {
            self->end(error);
            return;
        }
        error_code ignored;  // without TCP_NODELAY it is only slower
        self->socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
        self->read();
        self->told_.opened();
    });
}

void wire::read() {
    socket_.async_read_some(asio::buffer(in_),
                            [self = shared_from_this()](const error_code& error, std::size_t length) {
                                if (self->over_) {
                                    return;
                                }
                                if (length > 0) {
                                    self->told_.received(std::string_view(self->in_).substr(0, length));
                                }
                                if (self->over_) {
                                    return;
                                }
                                if (error) {
                                    self->end(error);
                                } else {
                                    self->read();
                                }
                            });
}

void wire::send(std::string& bytes) {
    if (over_) {
        return;
    }
    if (next_.size() + bytes.size() > backlog_limit) {
        // Not from within this call: the owner is in the middle of its turn.
        asio::post(socket_.get_executor(), [self = shared_from_this()] {
            if (!self->over_) {
                self->end(asio::error::no_buffer_space);
            }
        });
        return;
    }
    if (next_.empty()) {
        next_.swap(bytes);
    } else {
        next_.append(bytes);
    }
    if (!writes_) {
        write();
    }
}

void wire::write() {
    writes_ = true;
    writing_.clear();
    writing_.swap(next_);
    asio::async_write(socket_, asio::buffer(writing_),
                      [self = shared_from_this()](const error_code& error, std::size_t) {
                          self->writes_ = false;
                          if (self->over_) {
                              return;
                          }
                          if (error) {
                              self->end(error);
                          } else if (!self->next_.empty()) {
                              self->write();
                          }
                      });
}

void wire::end(const error_code& why) {
    const std::string reason = why.message();
    const auto say = std::move(told_.closed);
    close();
    say(reason);
}

void wire::close() {
    if (over_) {
        return;
    }
    over_ = true;
    error_code ignored;  // it is going away in any case
    resolver_.cancel();
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    socket_.close(ignored);
    // told_ stays: close() may be called from within one of its functions. It holds no owner, only references.
}

}  // namespace td::ari

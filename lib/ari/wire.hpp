#pragma once
// One TCP connection on the worker's loop: connect with name look-up, read in large pieces, write what has collected.
// What it says is plain bytes; the deadlines are kept by its owner, who closes it.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "ari/encoding.hpp"

namespace td::ari {

/// Held by shared_ptr because an Asio operation under way outlives close(): its completion still touches the buffers.
class wire : public std::enable_shared_from_this<wire> {
public:
    /// Called on the loop, never within a call of this object, and never after close().
    struct listener {
        std::function<void()> opened;
        std::function<void(std::string_view)> received;
        std::function<void(std::string_view)> closed;  ///< with the reason; nothing follows
    };
    /// `piece` is the most that is read at once.
    wire(const boost::asio::any_io_executor& loop, listener told, std::size_t piece);

    void open(const endpoint& where);
    /// Adds to what is to be written. `bytes` is taken and an empty buffer with memory may be left in its place. More
    /// than 64 MiB that the peer does not take end the connection.
    void send(std::string& bytes);
    /// Lets what was sent leave as far as the kernel takes it at once, then closes.
    void close();

private:
    void connect();
    void read();
    void write();
    void end(const boost::system::error_code& why);

    boost::asio::ip::tcp::socket socket_;
    boost::asio::ip::tcp::resolver resolver_;
    std::vector<boost::asio::ip::tcp::endpoint> places_;
    listener told_;
    std::string in_;
    std::string writing_;
    std::string next_;
    bool writes_ = false;
    bool over_ = false;
};

}  // namespace td::ari

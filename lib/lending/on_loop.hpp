#pragma once
// What the lending desk has on the loop. Only its sources include it.

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "lending/lending_desk.hpp"

namespace td::lending {

struct lending_desk::on_loop {
    on_loop(boost::asio::io_context& loop, int fd) : timer(loop), letters(loop, ::dup(fd)) {}

    boost::asio::steady_timer timer;
    boost::asio::posix::stream_descriptor letters;
};

}  // namespace td::lending

// The program: the process around the command line. What it does is said in command_line.cpp and in the verbs.

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/command_line.hpp"

namespace {

td::config::variable_map variables_of_process() {
    td::config::variable_map variables;
    for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
        const std::string_view text(*each);
        const std::size_t middle = text.find('=');
        if (middle != std::string_view::npos) {
            variables.emplace(text.substr(0, middle), text.substr(middle + 1));
        }
    }
    return variables;
}

/// Whether nobody can read any more. A write that failed before the last one has left no errno, but the pipe still
/// knows.
bool reader_is_gone() {
    pollfd out{STDOUT_FILENO, POLLOUT, 0};
    return poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLHUP)) != 0;
}

/// What was printed must have arrived: a full disk is a failure, a reader that had enough (`| head`) is not.
td::cmd::exit_status finished(td::cmd::exit_status status) {
    errno = 0;
    std::cout.flush();
    const int error = errno;
    if (std::cout || error == EPIPE || reader_is_gone()) {
        return status;
    }
    std::cerr << "tdctl: cannot write to stdout: "
              << (error == 0 ? "an earlier write failed; is the disk full?" : std::strerror(error)) << '\n';
    return td::cmd::exit_status::failed;
}

}  // namespace

int main(int count, char** words) {
    std::signal(SIGPIPE,
                SIG_IGN);  // a peer or a pager that goes away is an error of that write, not the end of the worker
    try {
        const std::vector<std::string> given(words + (count > 0 ? 1 : 0), words + count);
        return static_cast<int>(finished(td::cmd::run(given, variables_of_process(), std::cout, std::cerr)));
    } catch (const std::exception& thrown) {
        std::cerr << "tdctl: this should not have happened: " << thrown.what() << '\n';
    } catch (...) {
        // Nothing of ours throws anything else; a foreign library might, and the exit status must still be ours.
        std::cerr << "tdctl: this should not have happened: an exception without words\n";
    }
    return static_cast<int>(td::cmd::exit_status::failed);
}

#include "http/client.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/deadlines.hpp"
#include "http/trouble.hpp"

// After <utility>: Boost 1.74's Asio uses std::exchange without including it.
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace td::http {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;
using error_code = boost::system::error_code;

/// The steady clock in the dress of an instant, for the deadline table; it is compared with itself only.
instant steady_now() {
    return instant{std::chrono::duration_cast<duration>(clock::now().time_since_epoch())};
}

struct easy_closer {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct multi_closer {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct list_closer {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using easy_handle = std::unique_ptr<CURL, easy_closer>;
using multi_handle = std::unique_ptr<CURLM, multi_closer>;
using header_list = std::unique_ptr<curl_slist, list_closer>;

/// libcurl counts its starts; the first and the last one work.
class library {
public:
    library() {
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
            throw std::runtime_error("libcurl cannot start");
        }
    }
    library(const library&) = delete;
    library& operator=(const library&) = delete;
    ~library() { curl_global_cleanup(); }
};

void add_header(header_list& headers, const std::string& line) {
    curl_slist* longer = curl_slist_append(headers.get(), line.c_str());
    if (longer == nullptr) {
        throw std::bad_alloc();
    }
    static_cast<void>(headers.release());
    headers.reset(longer);
}

/// Without Expect: a server that does not know it would cost a second before the body is sent.
header_list headers_of(const secret& bearer) {
    header_list headers;
    add_header(headers, "Accept: application/json");
    add_header(headers, "Content-Type: application/json");
    add_header(headers, "Expect:");
    if (!bearer.empty()) {
        const auto printable = [](char c) { return c > ' ' && c < '\x7f'; };
        if (!std::all_of(bearer.reveal().begin(), bearer.reveal().end(), printable)) {
            throw std::invalid_argument(
                "the bearer token holds a space, a line end or another character that cannot stand in a header");
        }
        add_header(headers, "Authorization: Bearer " + bearer.reveal());
    }
    return headers;
}

const char* name_of(method how) {
    switch (how) {
        case method::get: return "GET";
        case method::post: return "POST";
        case method::put: return "PUT";
        case method::remove: return "DELETE";
    }
    return "GET";
}

/// One request from `send` to its completion.
struct transfer {
    std::uint64_t number = 0;
    request wish;
    completion then;
    instant begun{};
    std::size_t body_limit = 0;
    bool too_large = false;
    std::string body;
    easy_handle easy;
};

/// libcurl's write function (CURLOPT_WRITEFUNCTION(3)): taking less than was offered ends the transfer.
std::size_t take_body(char* data, std::size_t one, std::size_t count, void* who) {
    auto& wanted = *static_cast<transfer*>(who);
    if (wanted.body.size() + one * count > wanted.body_limit) {
        wanted.too_large = true;
        return 0;
    }
    wanted.body.append(data, one * count);
    return one * count;
}

/// A socket of libcurl that Asio watches. libcurl opens and closes it; Asio only borrows the number.
struct watched_socket {
    watched_socket(asio::io_context& loop, std::uint64_t which) : descriptor(loop), generation(which) {}
    asio::posix::stream_descriptor descriptor;
    std::uint64_t generation;  ///< the kernel gives a closed socket's number away again
    int wanted = CURL_POLL_NONE;
    bool reading = false;
    bool writing = false;
};

}  // namespace

class client::engine : public std::enable_shared_from_this<client::engine> {
public:
    engine(asio::io_context& loop, client_options options)
        : loop_(loop),
          options_(std::move(options)),
          headers_(headers_of(options_.bearer)),
          multi_(curl_multi_init()),
          curl_timer_(loop),
          due_timer_(loop) {
        if (multi_ == nullptr) {
            throw std::runtime_error("libcurl cannot start");
        }
        CURLM* multi = multi_.get();
        curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &engine::socket_wanted);
        curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
        curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &engine::timer_wanted);
        curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
        curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, static_cast<long>(options_.in_flight));
        curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, static_cast<long>(options_.in_flight));
        curl_multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
    }
    engine(const engine&) = delete;
    engine& operator=(const engine&) = delete;
    ~engine() = default;

    /// After this nothing is called any more and no socket is borrowed.
    void stop() {
        stopped_ = true;
        waiting_.clear();
        for (auto& [number, running] : running_) {
            curl_multi_remove_handle(multi_.get(), running->easy.get());
        }
        running_.clear();
        for (auto& [socket, watched] : sockets_) {
            watched->descriptor.release();
        }
        sockets_.clear();
        curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, nullptr);
        curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, nullptr);
        multi_.reset();
        curl_timer_.cancel();
        due_timer_.cancel();
    }

    void send(request wish, completion then) {
        auto added = std::make_unique<transfer>();
        added->number = ++last_number_;
        added->wish = std::move(wish);
        added->then = std::move(then);
        added->begun = steady_now();
        added->body_limit = options_.body_bytes;
        const bool free = running_.size() < options_.in_flight && waiting_.empty();
        if (!free && waiting_.size() >= options_.waiting) {
            finish(std::move(added), trouble(failure_kind::full, "full"));
            return;
        }
        due_.put(added->number, added->begun + added->wish.limit);
        waiting_.emplace(added->number, std::move(added));
        start_waiting();
        watch_deadlines();
    }

    [[nodiscard]] std::size_t in_flight() const { return running_.size(); }
    [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

private:
    // ---- requests

    void start_waiting() {
        while (!waiting_.empty() && running_.size() < options_.in_flight) {
            auto next = std::move(waiting_.begin()->second);
            waiting_.erase(waiting_.begin());
            start(std::move(next));
        }
    }

    void start(std::unique_ptr<transfer> next) {
        next->easy.reset(curl_easy_init());
        if (next->easy == nullptr) {
            finish(std::move(next), trouble(failure_kind::full, "full"));
            return;
        }
        prepare(*next);
        transfer& started = *next;
        running_.emplace(started.number, std::move(next));
        const CURLMcode code = curl_multi_add_handle(multi_.get(), started.easy.get());
        if (code != CURLM_OK) {
            take_running(started.number, trouble(failure_kind::unreachable, "curl_multi_" + std::to_string(code)));
        }
    }

    void prepare(transfer& next) const {
        CURL* easy = next.easy.get();
        curl_easy_setopt(easy, CURLOPT_URL, next.wish.url.c_str());
        curl_easy_setopt(easy, CURLOPT_PRIVATE, &next);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &take_body);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, &next);
        curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(options_.body_bytes));
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
        curl_easy_setopt(easy, CURLOPT_USERAGENT, "tdctl/" TDCTL_VERSION);
        curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
        curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
        curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
        curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        // A proxy from the environment would see every resident's account.
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
        // Without it libcurl waits, on our loop, for the resolver's thread of a request that was given up.
        curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
        curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
        curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, static_cast<long>(options_.idle.count()));
        const long verify = options_.tls == tls_check::full ? 1L : 0L;
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, verify);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, verify * 2L);
        if (!options_.ca_file.empty()) {
            curl_easy_setopt(easy, CURLOPT_CAINFO, options_.ca_file.c_str());
        }
        if (next.wish.how != method::get || !next.wish.body.empty()) {
            // The transfer owns the body and outlives the handle, so libcurl need not copy it.
            curl_easy_setopt(easy, CURLOPT_POSTFIELDS, next.wish.body.c_str());
            curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(next.wish.body.size()));
            curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, name_of(next.wish.how));
        }
    }

    /// Takes a request out of libcurl; in the midst of its work its connection is closed with it.
    void take_running(std::uint64_t number, result<response> outcome) {
        const auto found = running_.find(number);
        auto taken = std::move(found->second);
        running_.erase(found);
        curl_multi_remove_handle(multi_.get(), taken->easy.get());
        taken->easy.reset();
        finish(std::move(taken), std::move(outcome));
    }

    /// The completion runs from the loop, so it may send again or destroy the client.
    void finish(std::unique_ptr<transfer> ended, result<response> outcome) {
        due_.put(ended->number, never);
        reply told{std::move(outcome), steady_now() - ended->begun};
        asio::post(loop_, [weak = weak_from_this(), then = std::move(ended->then), told = std::move(told)]() mutable {
            const auto self = weak.lock();
            if (self && !self->stopped_) {
                then(std::move(told));
            }
        });
    }

    /// Collects what libcurl has finished, and lets the next ones go.
    void reap() {
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
            if (message->msg == CURLMSG_DONE) {
                finish_running(message->easy_handle, message->data.result);
            }
        }
        start_waiting();
        watch_deadlines();
    }

    void finish_running(CURL* easy, CURLcode code) {
        transfer* ended = nullptr;
        long status = 0;
        long os_error = 0;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &ended);
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_error);
        if (ended->too_large) {
            take_running(ended->number, trouble(failure_kind::broken_data, "too_large"));
        } else if (code == CURLE_UNSUPPORTED_PROTOCOL) {
            // libcurl's word both for ftp:// and for an answer that is HTTP/0.9, which is to say anything at all.
            const bool asked = ended->wish.url.starts_with("http");
            take_running(ended->number, trouble(asked ? failure_kind::broken_data : failure_kind::bad_input,
                                                asked ? "broken_http" : "bad_url"));
        } else if (code != CURLE_OK) {
            take_running(ended->number, translated(static_cast<int>(code), os_error));
        } else {
            take_running(ended->number, response{static_cast<int>(status), std::move(ended->body)});
        }
    }

    // ---- deadlines

    void watch_deadlines() {
        if (due_.empty()) {
            due_timer_.cancel();
            watched_due_ = never;
            return;
        }
        if (due_.next() == watched_due_) {
            return;
        }
        watched_due_ = due_.next();
        due_timer_.expires_after(std::max(duration{0}, watched_due_ - steady_now()));
        due_timer_.async_wait([weak = weak_from_this()](const error_code& error) {
            const auto self = weak.lock();
            if (!error && self && !self->stopped_) {
                self->time_passed();
            }
        });
    }

    void time_passed() {
        watched_due_ = never;
        const instant now = steady_now();
        while (due_.next() <= now) {
            const std::uint64_t late = due_.next_owner();
            const auto timeout = trouble(failure_kind::unreachable, "timeout");
            if (const auto found = waiting_.find(late); found != waiting_.end()) {
                auto taken = std::move(found->second);
                waiting_.erase(found);
                finish(std::move(taken), timeout);
            } else {
                take_running(late, timeout);
            }
        }
        start_waiting();
        watch_deadlines();
    }

    // ---- libcurl's sockets and its timer

    static int socket_wanted(CURL* /*easy*/, curl_socket_t socket, int what, void* self, void* /*ours*/) {
        static_cast<engine*>(self)->want(socket, what);
        return 0;
    }

    static int timer_wanted(CURLM* /*multi*/, long milliseconds, void* self) {
        static_cast<engine*>(self)->wake_after(milliseconds);
        return 0;
    }

    void want(curl_socket_t socket, int what) {
        auto found = sockets_.find(socket);
        if (what == CURL_POLL_REMOVE) {
            if (found != sockets_.end()) {
                found->second->descriptor.release();
                sockets_.erase(found);
            }
            return;
        }
        if (found == sockets_.end()) {
            auto added = std::make_unique<watched_socket>(loop_, ++last_generation_);
            error_code error;
            added->descriptor.assign(socket, error);
            if (error) {
                return;  // the kernel has no room to watch it: the request ends by its deadline
            }
            found = sockets_.emplace(socket, std::move(added)).first;
        }
        found->second->wanted = what;
        watch(socket, *found->second);
    }

    void watch(curl_socket_t socket, watched_socket& watched) {
        if ((watched.wanted & CURL_POLL_IN) != 0 && !watched.reading) {
            watched.reading = true;
            wait_for(asio::posix::stream_descriptor::wait_read, CURL_CSELECT_IN, socket, watched);
        }
        if ((watched.wanted & CURL_POLL_OUT) != 0 && !watched.writing) {
            watched.writing = true;
            wait_for(asio::posix::stream_descriptor::wait_write, CURL_CSELECT_OUT, socket, watched);
        }
    }

    void wait_for(asio::posix::stream_descriptor::wait_type what, int event, curl_socket_t socket,
                  watched_socket& watched) {
        watched.descriptor.async_wait(
            what, [weak = weak_from_this(), socket, event, which = watched.generation](const error_code& error) {
                const auto self = weak.lock();
                if (self && !self->stopped_) {
                    self->ready(socket, which, event, error);
                }
            });
    }

    void ready(curl_socket_t socket, std::uint64_t generation, int event, const error_code& error) {
        auto found = sockets_.find(socket);
        if (found == sockets_.end() || found->second->generation != generation) {
            return;  // libcurl has let go of it meanwhile
        }
        const bool read = event == CURL_CSELECT_IN;
        (read ? found->second->reading : found->second->writing) = false;
        if ((found->second->wanted & (read ? CURL_POLL_IN : CURL_POLL_OUT)) == 0) {
            return;
        }
        act(socket, error ? CURL_CSELECT_ERR : event);
        found = sockets_.find(socket);
        if (found != sockets_.end() && found->second->generation == generation) {
            watch(socket, *found->second);
        }
        reap();
    }

    void wake_after(long milliseconds) {
        const std::uint64_t which = ++last_wake_;
        if (milliseconds < 0) {
            curl_timer_.cancel();
            return;
        }
        curl_timer_.expires_after(std::chrono::milliseconds{milliseconds});
        curl_timer_.async_wait([weak = weak_from_this(), which](const error_code& error) {
            const auto self = weak.lock();
            // A handler that was already queued when libcurl moved its timer is not told by an error.
            if (!error && self && !self->stopped_ && self->last_wake_ == which) {
                self->act(CURL_SOCKET_TIMEOUT, 0);
                self->reap();
            }
        });
    }

    void act(curl_socket_t socket, int events) {
        int running = 0;
        curl_multi_socket_action(multi_.get(), socket, events, &running);
    }

    asio::io_context& loop_;
    client_options options_;
    library library_;
    header_list headers_;
    std::map<std::uint64_t, std::unique_ptr<transfer>> waiting_;  // in the order of their arrival
    std::unordered_map<std::uint64_t, std::unique_ptr<transfer>> running_;
    std::unordered_map<curl_socket_t, std::unique_ptr<watched_socket>> sockets_;
    deadlines<std::uint64_t> due_;
    multi_handle multi_;
    asio::steady_timer curl_timer_;
    asio::steady_timer due_timer_;
    instant watched_due_ = never;
    std::uint64_t last_number_ = 0;
    std::uint64_t last_generation_ = 0;
    std::uint64_t last_wake_ = 0;
    bool stopped_ = false;
};

client::client(boost::asio::io_context& loop, client_options options)
    : engine_(std::make_shared<engine>(loop, std::move(options))) {}

client::~client() {
    engine_->stop();
}

void client::send(request wish, completion then) {
    engine_->send(std::move(wish), std::move(then));
}

std::size_t client::in_flight() const {
    return engine_->in_flight();
}

std::size_t client::waiting() const {
    return engine_->waiting();
}

}  // namespace td::http

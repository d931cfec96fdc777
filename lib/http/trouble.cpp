#include "http/trouble.hpp"

#include <curl/curl.h>

#include <cerrno>
#include <utility>

namespace td::http {

failure trouble(failure_kind kind, std::string reason) {
    return {kind, std::move(reason)};
}

failure translated(int code, long os_error) {
    // Not an exhaustive switch: libcurl has a hundred codes and new ones come; all others are named by their number.
    if (code == CURLE_OPERATION_TIMEDOUT || os_error == ETIMEDOUT) {
        return trouble(failure_kind::unreachable, "timeout");
    }
    if (code == CURLE_COULDNT_RESOLVE_HOST) {
        return trouble(failure_kind::unreachable, "dns");
    }
    if (code == CURLE_COULDNT_CONNECT) {
        return trouble(failure_kind::unreachable, os_error == ECONNREFUSED ? "refused" : "unreachable");
    }
    if (code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR || code == CURLE_GOT_NOTHING ||
        code == CURLE_PARTIAL_FILE) {
        return trouble(failure_kind::unreachable, "reset");
    }
    if (code == CURLE_SSL_CONNECT_ERROR || code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CERTPROBLEM ||
        code == CURLE_SSL_CIPHER || code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_ISSUER_ERROR ||
        code == CURLE_SSL_INVALIDCERTSTATUS) {
        return trouble(failure_kind::unreachable, "tls");
    }
    if (code == CURLE_FILESIZE_EXCEEDED) {
        return trouble(failure_kind::broken_data, "too_large");
    }
    if (code == CURLE_WEIRD_SERVER_REPLY || code == CURLE_BAD_CONTENT_ENCODING) {
        return trouble(failure_kind::broken_data, "broken_http");
    }
    if (code == CURLE_URL_MALFORMAT) {
        return trouble(failure_kind::bad_input, "bad_url");
    }
    return trouble(failure_kind::unreachable, "curl_" + std::to_string(code));
}

}  // namespace td::http

#pragma once
// The operations of Asterisk's REST interface that the simulated one serves: one table, from which requests are read
// and the interface's own documentation (/api-docs) is written, so that the two cannot differ.

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sim/ari_words.hpp"
#include "sim_server/http_server.hpp"
#include "sim_server/url_text.hpp"

namespace td::sim_server {

/// One REST request, whether it came by HTTP or over the WebSocket.
struct ari_request {
    std::string_view method;
    std::string_view path;  ///< without /ari: /channels/x/answer, or channels/x/answer
    parameters query;
    std::string_view content_type;
    std::string_view body;
};

/// What to do besides asking the model. The model knows no variables: those are kept beside it.
enum class ari_extra : std::uint8_t {
    none,
    keep_variables,  ///< `variables` belong to the channel of the reply
    read_variable,   ///< the name stands in `variables`; the request only asks whether the channel is there
    write_variable,
};

/// What the model is to be asked.
struct ari_question {
    sim::request request;
    ari_extra extra = ari_extra::none;
    parameters variables;
};

/// What can be answered without the model.
enum class ari_fixed : std::uint8_t { info, ping };

/// A refusal that needs no model, a fixed answer, or a question to the model.
using ari_reading = std::variant<http_reply, ari_fixed, ari_question>;

/// Reads a request; the refusals have the statuses and the words of Asterisk.
[[nodiscard]] ari_reading read_ari(const ari_request& request);

/// A document of /api-docs (Swagger 1.1) by its file name, resources.json or channels.json. `base` is the address of
/// the interface, http://127.0.0.1:8088/ari. Nothing when there is no such document.
[[nodiscard]] std::optional<std::string> api_document(std::string_view file, std::string_view base);

}  // namespace td::sim_server

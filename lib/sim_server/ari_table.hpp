#pragma once
// The rows of ari_operations: what each operation is called, what it takes and how it is read.

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim_server/ari_operations.hpp"

namespace td::sim_server {

/// The arguments of one request: the parts of the path, and the named ones of the query and the body.
struct ari_arguments {
    struct argument {
        std::string name;
        std::vector<std::string> values;
        bool from_body = false;  ///< then commas do not divide it (observed on 16 and 22)
    };
    std::vector<std::string> path;  ///< what stood for the {names} of the pattern, in order
    std::vector<argument> named;
    parameters variables;  ///< the object "variables" of a JSON body

    /// The argument's value; empty when it is missing.
    [[nodiscard]] std::string one(std::string_view name) const;
    /// All values; those of a query are divided at commas.
    [[nodiscard]] std::vector<std::string> many(std::string_view name) const;
    [[nodiscard]] int number(std::string_view name, int otherwise) const;
};

enum class argument_place : std::uint8_t { path, query, body };

struct ari_parameter {
    std::string_view name;
    argument_place place = argument_place::query;
    std::string_view type = "string";
    std::string_view words;
};

struct ari_operation {
    std::string_view resource;  ///< channels, bridges, …: the document that it stands in
    std::string_view method;
    std::string_view path;
    std::string_view nickname;  ///< what clients call the method that they make of it
    std::string_view response;  ///< responseClass
    std::string_view summary;
    std::vector<ari_parameter> parameters;
    ari_reading (*read)(const ari_arguments&);  ///< nothing for the WebSocket, which is no REST request
};

/// In the order in which patterns are tried: fixed words before {names}.
[[nodiscard]] std::span<const ari_operation> ari_operations();

}  // namespace td::sim_server

#include "sim_server/ari_operations.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "sim_server/ari_table.hpp"

namespace td::sim_server {
namespace {

using json = nlohmann::ordered_json;

http_reply refusal(unsigned status, std::string_view message) {
    http_reply reply;
    reply.status = status;
    reply.body = json{{"message", message}}.dump();
    return reply;
}

/// Lays the parts of a path over a pattern; false when they do not fit. What stands for {names} goes to `taken`.
bool fits(std::string_view pattern, const std::vector<std::string>& parts, std::vector<std::string>& taken) {
    taken.clear();
    pattern.remove_prefix(1);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const std::size_t slash = std::min(pattern.find('/'), pattern.size());
        const std::string_view word = pattern.substr(0, slash);
        if (word.starts_with('{')) {
            taken.push_back(parts[i]);
        } else if (word != parts[i]) {
            return false;
        }
        if (slash == pattern.size()) {
            return i + 1 == parts.size();
        }
        pattern.remove_prefix(slash + 1);
    }
    return false;
}

std::string plain_text(const json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
}

/// One field of a JSON body as an argument. An event filter is a list of objects, of which only the type counts here.
ari_arguments::argument argument_of(const std::string& name, const json& value) {
    ari_arguments::argument made{name, {}, true};
    if (!value.is_array()) {
        made.values.push_back(plain_text(value));
        return made;
    }
    for (const json& each : value) {
        const auto type = each.is_object() ? each.find("type") : each.end();
        made.values.push_back(each.is_object() && type != each.end() ? plain_text(*type) : plain_text(each));
    }
    return made;
}

/// False when the body is no JSON object.
bool read_body(std::string_view body, ari_arguments& into) {
    const json document = json::parse(body, nullptr, false);
    if (!document.is_object()) {
        return false;
    }
    for (const auto& [name, value] : document.items()) {
        if (name == "variables" && value.is_object()) {
            for (const auto& [variable, text] : value.items()) {
                into.variables.emplace_back(variable, plain_text(text));
            }
        } else {
            into.named.push_back(argument_of(name, value));
        }
    }
    return true;
}

ari_reading read_with(const ari_operation& operation, const ari_request& request, ari_arguments arguments) {
    for (const auto& [name, value] : request.query) {
        arguments.named.push_back({name, {value}, false});
    }
    if (request.body.empty()) {
        return operation.read(arguments);
    }
    if (request.content_type.starts_with("application/x-www-form-urlencoded")) {
        for (const auto& [name, value] : parameters_of(request.body)) {
            arguments.named.push_back({name, {value}, false});
        }
        return operation.read(arguments);
    }
    if (!read_body(request.body, arguments)) {
        return refusal(400, "Error parsing request body");
    }
    return operation.read(arguments);
}

json parameter_document(const ari_parameter& parameter) {
    const bool in_path = parameter.place == argument_place::path;
    const bool required = in_path || parameter.name == "variable" || parameter.name == "endpoint";
    const bool many = parameter.name == "channel" || parameter.name == "app";
    return {{"name", parameter.name},
            {"description", parameter.words},
            {"paramType", in_path                                    ? "path"
                          : parameter.place == argument_place::query ? "query"
                                                                     : "body"},
            {"required", required},
            {"allowMultiple", many},
            {"dataType", parameter.type}};
}

json operation_document(const ari_operation& operation) {
    json parameters = json::array();
    for (const ari_parameter& each : operation.parameters) {
        parameters.push_back(parameter_document(each));
    }
    json document{{"httpMethod", operation.method},      {"summary", operation.summary},
                  {"nickname", operation.nickname},      {"responseClass", operation.response},
                  {"parameters", std::move(parameters)}, {"errorResponses", json::array()}};
    if (operation.read == nullptr) {
        document["upgrade"] = "websocket";
        document["websocketProtocol"] = "ari";
    }
    return document;
}

json property(std::string_view type, std::string_view words) {
    return {{"type", type}, {"description", words}, {"required", true}};
}

/// The models that the operations and the events speak of, by the resource that they belong to in Asterisk's documents.
json models_of(std::string_view resource) {
    json models = json::object();
    const auto add = [&models](const std::string& name, json properties) {
        models[name] = {{"id", name}, {"description", name}, {"properties", std::move(properties)}};
    };
    if (resource == "channels") {
        add("Channel", {{"id", property("string", "Unique identifier")},
                        {"name", property("string", "Name, as PJSIP/phones-0000001f")},
                        {"state", property("string", "Down, Ring, Ringing or Up")}});
        add("Variable", {{"value", property("string", "The value")}});
    } else if (resource == "bridges") {
        add("Bridge", {{"id", property("string", "Unique identifier")},
                       {"bridge_type", property("string", "mixing")},
                       {"channels", property("List[string]", "Ids of the channels in the bridge")}});
    } else if (resource == "applications") {
        add("Application", {{"name", property("string", "Name of the application")}});
    } else if (resource == "asterisk") {
        add("AsteriskInfo", {{"system", property("object", "Version")}});
        add("AsteriskPing", {{"ping", property("string", "Always pong")}});
    } else {
        json kinds = json::array();
        for (const char* name :
             {"StasisStart", "StasisEnd", "ChannelStateChange", "Dial", "ChannelDestroyed", "ChannelHangupRequest",
              "ChannelDtmfReceived", "ChannelVarset", "ChannelEnteredBridge", "ChannelLeftBridge", "BridgeDestroyed",
              "ChannelConnectedLine", "ApplicationReplaced"}) {
            kinds.push_back(name);
            json properties{{"application", property("string", "The application that gets the event")}};
            const std::string_view kind = name;
            if (kind == "Dial") {
                properties["peer"] = property("Channel", "The dialed channel");
            } else if (kind != "BridgeDestroyed" && kind != "ApplicationReplaced") {
                properties["channel"] = property("Channel", "The channel");
            }
            if (kind.find("Bridge") != std::string_view::npos) {
                properties["bridge"] = property("Bridge", "The bridge");
            }
            add(name, std::move(properties));
        }
        add("Message", {{"type", property("string", "Indicates the type of this message.")}});
        models["Message"]["discriminator"] = "type";
        models["Message"]["subTypes"] = json::array({"Event"});
        add("Event", {{"application", property("string", "The application that gets the event")}});
        models["Event"]["subTypes"] = std::move(kinds);
    }
    return models;
}

json document_head(std::string_view base) {
    return {{"apiVersion", "2.0.0"}, {"swaggerVersion", "1.1"}, {"basePath", base}};
}

}  // namespace

ari_reading read_ari(const ari_request& request) {
    const std::vector<std::string> parts = segments_of(request.path);
    ari_arguments arguments;
    std::string allowed;
    for (const ari_operation& operation : ari_operations()) {
        if (!fits(operation.path, parts, arguments.path)) {
            continue;
        }
        if (operation.method == request.method && operation.read != nullptr) {
            return read_with(operation, request, std::move(arguments));
        }
        allowed.append(allowed.empty() ? "" : ",").append(operation.method);
    }
    if (allowed.empty()) {
        return refusal(404, "Resource not found");
    }
    http_reply reply = refusal(405, "Invalid method");
    reply.headers = "Allow: " + allowed + ",OPTIONS\r\n";
    if (request.method == "OPTIONS") {
        reply.status = 204;
        reply.body.clear();
    }
    return reply;
}

std::optional<std::string> api_document(std::string_view file, std::string_view base) {
    std::map<std::string_view, std::map<std::string_view, json>> operations;  // by resource and path
    for (const ari_operation& each : ari_operations()) {
        json& of_path = operations[each.resource][each.path];
        of_path.push_back(operation_document(each));
    }
    json document = document_head(base);
    json apis = json::array();
    if (file == "resources.json") {
        for (const auto& [resource, paths] : operations) {
            apis.push_back({{"path", "/api-docs/" + std::string(resource) + ".{format}"},
                            {"description", std::string(resource) + " resources"}});
        }
        document["apis"] = std::move(apis);
        return document.dump();
    }
    const std::string_view name = file.substr(0, file.find('.'));
    const auto found = operations.find(name);
    if (found == operations.end() || file != std::string(name) + ".json") {
        return std::nullopt;
    }
    for (auto& [path, of_path] : found->second) {
        apis.push_back({{"path", path}, {"description", found->first}, {"operations", std::move(of_path)}});
    }
    document["resourcePath"] = "/api-docs/" + std::string(name) + ".{format}";
    document["apis"] = std::move(apis);
    document["models"] = models_of(name);
    return document.dump();
}

}  // namespace td::sim_server

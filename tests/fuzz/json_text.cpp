// SPDX-License-Identifier: BSL-1.0
// Any bytes as a JSON string: plain JSON and plain UTF-8, and the text itself where that was UTF-8.
#include <weir/schema/ndjson.hpp>

#include "require.hpp"

#if __has_include(<simdjson.h>)
#include <simdjson.h>
#endif

using weir_fuzz::require;

namespace {

/// The bytes of the sequence that begins at `at`; 0 where there is none. By the code point, not by ranges of bytes.
std::size_t sequence_at(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) -> unsigned {
        return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
    };
    if (byte(0) < 0x80) return 1;
    const std::size_t size = byte(0) >= 0xF0 ? 4 : byte(0) >= 0xE0 ? 3 : byte(0) >= 0xC0 ? 2 : 0;
    if (size == 0 || byte(0) >= 0xF8) return 0;
    unsigned code = byte(0) & (0x7FU >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xC0U) != 0x80) return 0;
        code = code << 6U | (byte(i) & 0x3FU);
    }
    constexpr unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    return code >= least[size] && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF) ? size : 0;
}
bool is_utf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t size = sequence_at(text, at);
        if (size == 0) return false;
        at += size;
    }
    return true;
}

/// What a JSON string stands for.
std::string unescaped(std::string_view json) {
    require(json.size() >= 2 && json.front() == '"' && json.back() == '"', "a string is in quotes");
    json = json.substr(1, json.size() - 2);
    std::string out;
    for (std::size_t i = 0; i < json.size(); ++i) {
        require(static_cast<unsigned char>(json[i]) >= 0x20 && json[i] != '"', "controls and quotes are escaped");
        if (json[i] != '\\') {
            out += json[i];
            continue;
        }
        require(i + 1 < json.size(), "an escape is whole");
        const std::size_t known = std::string_view("\"\\nrtbf").find(json[++i]);
        if (known != std::string_view::npos) {
            out += "\"\\\n\r\t\b\f"[known];
        } else {
            require(json[i] == 'u' && i + 4 < json.size(), "an escape is known");
            out += static_cast<char>(std::stoi(std::string(json.substr(i + 1, 4)), nullptr, 16));
            i += 4;
        }
    }
    return out;
}

struct pair {
    std::string text;
    char code[8];
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string exact(weir_fuzz::text_of(data, size));
    std::string json;
    weir::write_json_string(json, exact);
    require(is_utf8(json), "what is written is UTF-8");
    const std::string text = unescaped(json);
    if (is_utf8(exact)) {
        require(text == exact, "UTF-8 stays as it is");
    } else {
        require(text.find("\xEF\xBF\xBD") != std::string::npos, "what is no UTF-8 is marked");
    }

    pair p{exact, {}};
    exact.copy(p.code, sizeof p.code);
    std::string line;
    weir::write_ndjson(line, p);
    require(line.find('\n') == line.size() - 1, "a record is one line");
#if __has_include(<simdjson.h>)
    static simdjson::dom::parser parser;
    simdjson::dom::element root;
    std::string_view read;
    require(parser.parse(line).get(root) == simdjson::SUCCESS, "a record is JSON");
    require(root["text"].get_string().get(read) == simdjson::SUCCESS && read == text, "the text is simdjson's too");
#endif
    return 0;
}

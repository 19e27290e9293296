extension YAMLEvents.Failure {
    /// What is wrong and what is allowed, for a person who never heard of tokens; `nextByte` is the one at the mark.
    func message(nextByte: UInt8?) -> String {
        if outOfMemory { return "there is no memory left to read this" }
        if mark == nil {
            return problem.contains("control characters")
                ? "a control character stands here; allowed are printable characters, line breaks and tabs"
                : "the bytes here are not UTF-8 (\(problem)); allowed is text in UTF-8"
        }
        let (wrong, allowed) = explained(nextByte: nextByte)
        return "this is not YAML: \(wrong); \(allowed)"
    }

    /// Whether the place to look at is where it began, not where reading ended.
    var pointsAtContext: Bool { problem == "found unexpected end of stream" }

    private func explained(nextByte: UInt8?) -> (wrong: String, allowed: String) {
        if nextByte == UInt8(ascii: "\t") {
            return ("a tab stands where an indent or a value is expected", "allowed are spaces")
        }
        switch problem {
        case "found character that cannot start any token":
            let character = nextByte.map { " with '\(Character(UnicodeScalar($0)))'" } ?? ""
            return ("a value cannot begin\(character)", "put the value in quotes")
        case "mapping values are not allowed in this context":
            return ("a second ': ' stands in one line", "put a value with ': ' in it in quotes, or begin a new line")
        case "could not find expected ':'":
            return ("a key without ':' stands before this", "allowed is 'key: value'")
        case "did not find expected key":
            return (
                "a line does not fit the lines above it",
                "allowed are keys that begin in one column; put a value that holds quotes or commas in quotes"
            )
        case "did not find expected '-' indicator":
            return ("a line does not fit the list above it", "allowed are items that begin with '- ' in one column")
        case "did not find expected ',' or '}'":
            return ("a mapping in braces is not closed before this", "allowed is ',' or '}'")
        case "did not find expected ',' or ']'":
            return ("a list in brackets is not closed before this", "allowed is ',' or ']'")
        case "found unexpected end of stream":
            return ("the quote that opens here is never closed", "close it")
        case "found unexpected document indicator":
            return ("a document ends inside quotes", "close the quotes before it")
        case "found unknown escape character":
            return ("an escape that YAML does not know", "in double quotes write \\\\ for a backslash")
        case "block sequence entries are not allowed in this context":
            return ("a list's '- ' cannot stand here", "begin the list on a line of its own")
        case "found undefined tag handle":
            return ("a tag that nothing declares", "leave the tag out")
        default:
            let whole = context.map { "\(problem) \($0)" } ?? problem
            return (whole, "allowed is YAML 1.2")
        }
    }
}

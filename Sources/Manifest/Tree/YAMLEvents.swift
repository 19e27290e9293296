import CYAML

/// libyaml's event parser over bytes in memory. The only file that holds libyaml's pointers.
struct YAMLEvents: ~Copyable {
    /// Counted from 0, as libyaml does.
    struct Mark {
        var line: Int
        var column: Int

        init(_ mark: yaml_mark_t) {
            line = Int(mark.line)
            column = Int(mark.column)
        }
    }

    struct Event {
        var kind: Kind
        var start: Mark
    }

    enum Kind {
        case scalar(Scalar, Properties)
        case listStart(Properties)
        case listEnd
        case mappingStart(Properties)
        case mappingEnd
        case alias(String)
        case documentStart
        case documentEnd
        case streamStart
        case streamEnd
    }

    /// What may stand before a value.
    struct Properties {
        var anchor: String?
        var tag: String?
    }

    /// libyaml's own words for what it could not read.
    struct Failure: Error {
        var problem: String
        var context: String?
        /// `nil` where only a byte's offset is known.
        var mark: Mark?
        var contextMark: Mark
        /// Offset in bytes of a character that YAML does not allow.
        var offset: Int
        var outOfMemory: Bool
    }

    private let parser: UnsafeMutablePointer<yaml_parser_t>

    /// `bytes` must stay where it is for as long as this lives.
    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        // libyaml keeps a pointer to the parser inside it: it must not move.
        parser = .allocate(capacity: 1)
        parser.initialize(to: yaml_parser_t())
        // Fails only without memory, where Swift's own allocations end the process, too.
        precondition(yaml_parser_initialize(parser) == 1, "no memory for a YAML parser")
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    /// Reads on to the next event; after `streamEnd` there is none.
    mutating func next() throws(Failure) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw failure }
        defer { yaml_event_delete(&event) }
        return Event(kind: kind(of: event), start: Mark(event.start_mark))
    }

    private func kind(of event: yaml_event_t) -> Kind {
        switch event.type {
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let text = String(
                decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            return .scalar(
                Scalar(text: text, isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE),
                Properties(anchor: string(scalar.anchor), tag: string(scalar.tag)))
        case YAML_SEQUENCE_START_EVENT:
            let start = event.data.sequence_start
            return .listStart(Properties(anchor: string(start.anchor), tag: string(start.tag)))
        case YAML_MAPPING_START_EVENT:
            let start = event.data.mapping_start
            return .mappingStart(Properties(anchor: string(start.anchor), tag: string(start.tag)))
        case YAML_SEQUENCE_END_EVENT: return .listEnd
        case YAML_MAPPING_END_EVENT: return .mappingEnd
        case YAML_ALIAS_EVENT: return .alias(string(event.data.alias.anchor) ?? "")
        case YAML_DOCUMENT_START_EVENT: return .documentStart
        case YAML_DOCUMENT_END_EVENT: return .documentEnd
        case YAML_STREAM_START_EVENT: return .streamStart
        default: return .streamEnd
        }
    }

    private func string(_ bytes: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        bytes.map { String(cString: $0) }
    }

    private var failure: Failure {
        let state = parser.pointee
        return Failure(
            problem: state.problem.map { String(cString: $0) } ?? "",
            context: state.context.map { String(cString: $0) },
            mark: state.error == YAML_READER_ERROR ? nil : Mark(state.problem_mark),
            contextMark: Mark(state.context_mark),
            offset: Int(state.problem_offset),
            outOfMemory: state.error == YAML_MEMORY_ERROR)
    }
}

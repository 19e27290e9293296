/// Reads the calls out of the bytes of one connection.
struct CallTap {
    enum Words: Sendable {
        /// One request at a time, as libcurl sends them over HTTP/1.1.
        case http
        /// libvirt's RPC (`virnetprotocol.x`): frames of a length (itself included), program, version, procedure, type, serial, status and payload.
        case libvirt
    }

    private let words: Words
    /// HTTP: the request that has no answer yet.
    private var request: [UInt8] = []
    private var upstream = Frames()
    private var downstream = Frames()
    /// libvirt: calls without an answer, by serial.
    private var open: [UInt32: String] = [:]

    init(_ words: Words) {
        self.words = words
    }

    /// Bytes on their way to the system.
    mutating func asked(_ bytes: ArraySlice<UInt8>) {
        switch words {
        case .http: request += bytes
        case .libvirt:
            for frame in upstream.take(bytes) where frame.type == Frame.call {
                open[frame.serial] = "procedure \(frame.procedure)\n" + String(decoding: frame.payload, as: UTF8.self)
            }
        }
    }

    /// Bytes on their way back; the calls that they answer.
    mutating func answered(_ bytes: ArraySlice<UInt8>) -> [String] {
        switch words {
        case .http:
            defer { request = [] }
            return request.isEmpty ? [] : [String(decoding: request, as: UTF8.self)]
        case .libvirt:
            return downstream.take(bytes).compactMap {
                $0.type == Frame.reply ? open.removeValue(forKey: $0.serial) : nil
            }
        }
    }
}

/// One frame of libvirt's RPC.
private struct Frame {
    static let call: UInt32 = 0
    static let reply: UInt32 = 1
    static let head = 28

    var procedure: UInt32
    var type: UInt32
    var serial: UInt32
    var payload: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        func word(_ index: Int) -> UInt32 {
            bytes.dropFirst(index * 4).prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
        }
        procedure = word(3)
        type = word(4)
        serial = word(5)
        payload = bytes.dropFirst(Self.head)
    }
}

/// Bytes as they come, cut into frames.
private struct Frames {
    private var rest: [UInt8] = []

    mutating func take(_ bytes: ArraySlice<UInt8>) -> [Frame] {
        rest += bytes
        var frames: [Frame] = []
        var position = 0
        while rest.count - position >= Frame.head {
            let length = rest[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
            guard length >= Frame.head, rest.count - position >= length else { break }
            frames.append(Frame(rest[position..<position + length]))
            position += length
        }
        rest.removeFirst(position)
        return frames
    }
}

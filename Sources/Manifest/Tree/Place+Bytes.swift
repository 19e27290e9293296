extension Place {
    init(_ mark: YAMLEvents.Mark, file: Int32) {
        self.init(file: file, line: Int32(clamping: mark.line + 1), column: Int32(clamping: mark.column + 1))
    }

    /// The place of the byte at `offset`, for libyaml's reader, which knows offsets alone.
    init(ofByte offset: Int, in buffer: UnsafeBufferPointer<UInt8>, file: Int32) {
        var lines = Lines()
        for byte in buffer.prefix(offset) { lines.pass(byte) }
        self.init(file: file, line: lines.line, column: lines.column)
    }

    /// The byte that stands at this place; `nil` at the end.
    func byte(in buffer: UnsafeBufferPointer<UInt8>) -> UInt8? {
        var lines = Lines()
        for byte in buffer {
            // The first byte of a scalar that begins here.
            if lines.line == line, lines.column == column, byte & 0xC0 != 0x80 { return byte }
            lines.pass(byte)
        }
        return nil
    }

    /// Counts lines, and columns in scalars, byte by byte.
    private struct Lines {
        var line: Int32 = 1
        var column: Int32 = 1
        var afterReturn = false

        mutating func pass(_ byte: UInt8) {
            switch byte {
            case UInt8(ascii: "\n") where afterReturn: break
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                line += 1
                column = 1
            case 0x80...0xBF: break
            default: column += 1
            }
            afterReturn = byte == UInt8(ascii: "\r")
        }
    }
}

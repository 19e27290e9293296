import Glibc

/// One of the process's own output streams.
struct Streams: Sendable {
    static let output = Streams(descriptor: STDOUT_FILENO)
    static let error = Streams(descriptor: STDERR_FILENO)

    let descriptor: Int32

    /// Writes all of it. Where nobody reads any more, it is gone: that ends nothing.
    func write(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    var isTerminal: Bool { isatty(descriptor) == 1 }

    /// Of the terminal; 24 by 80 where it does not say.
    var size: (rows: Int, columns: Int) {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return (24, 80) }
        return (Int(size.ws_row), Int(size.ws_col))
    }

    /// A reader that went away shows as an error of `write(2)`, not as the end of the process.
    static func ignoreBrokenPipes() {
        signal(SIGPIPE, SIG_IGN)
    }
}

import Glibc

extension LibvirtConnection {
    /// Fills a volume with `content`, from its first byte on.
    ///
    /// - Parameters:
    ///   - progress: called after each piece with the bytes sent so far.
    /// - Throws: ``LibvirtError``, before anything is sent when the content is longer than the volume (code 8); code 78 when the task is cancelled:
    ///   what was sent by then stays in the volume.
    public func upload(
        _ content: [UInt8], toVolume name: String, inPool pool: String, progress: (UInt64) -> Void = { _ in }
    ) async throws(LibvirtError) {
        let upload = try await begin(length: UInt64(content.count), name, pool)
        var offset = 0
        while offset < content.count {
            let piece = offset..<min(offset + VolumeUpload.pieceSize, content.count)
            try await send(upload) { upload throws(LibvirtError) in
                try content.withUnsafeBufferPointer { bytes throws(LibvirtError) in
                    try upload.send(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[piece])))
                }
            }
            offset = piece.upperBound
            progress(UInt64(offset))
        }
        try await call { _ throws(LibvirtError) in try upload.finish() }
    }

    /// Fills a volume with the content of a file of this machine, which is read piece by piece.
    ///
    /// - Parameter seen: given the bytes that are sent, piece by piece and in order, on a thread of the connection: the file may change meanwhile.
    ///   The next piece is read and seen while one is on its way.
    /// - Throws: as for content in memory; code 38 for a file that cannot be read or that became shorter.
    public func upload(
        file path: String, toVolume name: String, inPool pool: String,
        seen: @escaping @Sendable (UnsafeRawBufferPointer) -> Void = { _ in }, progress: (UInt64) -> Void = { _ in }
    ) async throws(LibvirtError) {
        let file = try FileReader(path: path, uri: uri)
        let upload = try await begin(length: file.length, name, pool)
        var offset = 0
        var next = try await piece(of: file, at: 0, seen)
        while let piece = next {
            let end = offset + piece.bytes.count
            async let following = outcome { () throws(LibvirtError) in try await self.piece(of: file, at: end, seen) }
            let sent = await outcome { () throws(LibvirtError) in
                try await self.send(upload) { upload throws(LibvirtError) in try upload.send(piece.bytes) }
            }
            let read = await following
            try sent.get()
            next = try read.get()
            offset = end
            progress(UInt64(offset))
        }
        try await call { _ throws(LibvirtError) in try upload.finish() }
    }

    private func begin(length: UInt64, _ name: String, _ pool: String) async throws(LibvirtError) -> VolumeUpload {
        try await call { handle throws(LibvirtError) in
            try VolumeUpload(handle, volume: name, pool: pool, length: length)
        }
    }

    /// Sends one piece, as a call of its own: a long upload does not keep one of the threads from others.
    private func send(
        _ upload: VolumeUpload, _ body: @escaping @Sendable (VolumeUpload) throws(LibvirtError) -> Void
    ) async throws(LibvirtError) {
        guard !Task.isCancelled else { throw upload.cancelled() }
        try await call { _ throws(LibvirtError) in try body(upload) }
    }

    /// The piece that begins there; `nil`: the file ends there.
    private func piece(
        of file: FileReader, at offset: Int, _ seen: @escaping @Sendable (UnsafeRawBufferPointer) -> Void
    ) async throws(LibvirtError) -> Piece? {
        guard offset < file.length else { return nil }
        return try await call { _ throws(LibvirtError) in
            let piece = try file.piece(at: offset, count: min(VolumeUpload.pieceSize, Int(file.length) - offset))
            seen(piece.bytes)
            return piece
        }
    }
}

/// `async let` does not carry the type of an error.
private func outcome<Value: Sendable>(
    _ body: @Sendable () async throws(LibvirtError) -> Value
) async -> Result<Value, LibvirtError> {
    do throws(LibvirtError) { return .success(try await body()) } catch { return .failure(error) }
}

/// A part of a file in memory of its own.
///
/// Unchecked: nobody writes to it once it is made.
private final class Piece: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer

    init(count: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(LibvirtError) -> Void) throws(LibvirtError) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
        bytes = UnsafeRawBufferPointer(memory)
        try fill(memory)
    }

    deinit {
        bytes.deallocate()
    }
}

/// A file of this machine, read by pieces.
private final class FileReader: Sendable {
    let length: UInt64
    private let descriptor: Int32
    private let path: String
    private let uri: String

    init(path: String, uri: String) throws(LibvirtError) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .file(path, function: "open", uri: uri) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let error = LibvirtError.file(path, function: "fstat", uri: uri)
            close(descriptor)
            throw error
        }
        length = UInt64(status.st_size)
        self.path = path
        self.uri = uri
    }

    deinit {
        close(descriptor)
    }

    func piece(at offset: Int, count: Int) throws(LibvirtError) -> Piece {
        try Piece(count: count) { memory throws(LibvirtError) in
            var done = 0
            while done < count {
                let read = pread(descriptor, memory.baseAddress.map { $0 + done }, count - done, off_t(offset + done))
                guard read >= 0 else { throw .file(path, function: "pread", uri: uri) }
                guard read > 0 else {
                    throw LibvirtError(
                        code: .systemError, message: "the file ended after \(offset + done) of \(length) bytes",
                        function: "pread", object: "file '\(path)'", uri: uri)
                }
                done += read
            }
        }
    }
}

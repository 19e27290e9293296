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
        try await upload(length: UInt64(content.count), name, pool, progress) {
            offset, count, upload throws(LibvirtError) in
            try content.withUnsafeBufferPointer { bytes throws(LibvirtError) in
                try upload.send(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[offset..<offset + count])))
            }
        }
    }

    /// Fills a volume with the content of a file of this machine, which is read piece by piece.
    ///
    /// - Throws: as for content in memory; code 38 for a file that cannot be read or that became shorter.
    public func upload(
        file path: String, toVolume name: String, inPool pool: String, progress: (UInt64) -> Void = { _ in }
    ) async throws(LibvirtError) {
        let file = try FileReader(path: path, uri: uri)
        try await upload(length: file.length, name, pool, progress) { offset, count, upload throws(LibvirtError) in
            try file.withPiece(at: offset, count: count) { bytes throws(LibvirtError) in try upload.send(bytes) }
        }
    }

    /// Sends piece after piece, each as a call of its own, so that a long upload does not keep one of the threads from others.
    private func upload(
        length: UInt64, _ name: String, _ pool: String, _ progress: (UInt64) -> Void,
        _ send: @escaping @Sendable (_ offset: Int, _ count: Int, VolumeUpload) throws(LibvirtError) -> Void
    ) async throws(LibvirtError) {
        let upload = try await call { handle throws(LibvirtError) in
            try VolumeUpload(handle, volume: name, pool: pool, length: length)
        }
        var offset = 0
        while offset < length {
            if Task.isCancelled {
                throw LibvirtError(
                    code: .operationAborted, message: "cancelled after \(offset) of \(length) bytes",
                    function: "virStorageVolUpload", object: "volume '\(name)' in pool '\(pool)'", uri: uri)
            }
            let start = offset
            let count = min(VolumeUpload.pieceSize, Int(length) - start)
            try await call { _ throws(LibvirtError) in try send(start, count, upload) }
            offset += count
            progress(UInt64(offset))
        }
        try await call { _ throws(LibvirtError) in try upload.finish() }
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

    func withPiece(
        at offset: Int, count: Int, _ body: (UnsafeRawBufferPointer) throws(LibvirtError) -> Void
    ) throws(LibvirtError) {
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
        defer { piece.deallocate() }
        var done = 0
        while done < count {
            let read = pread(descriptor, piece.baseAddress.map { $0 + done }, count - done, off_t(offset + done))
            guard read >= 0 else { throw .file(path, function: "pread", uri: uri) }
            guard read > 0 else {
                throw LibvirtError(
                    code: .systemError, message: "the file ended after \(offset + done) of \(length) bytes",
                    function: "pread", object: "file '\(path)'", uri: uri)
            }
            done += read
        }
        try body(UnsafeRawBufferPointer(piece))
    }
}

import CISOFS
import Glibc

/// The files in the root directory of an ISO 9660 image, by their Rock Ridge or Joliet names.
///
/// - Throws: ``ISOError`` for bytes that are no such image.
public func isoFiles(_ image: [UInt8]) throws(ISOError) -> [String: [UInt8]] {
    try ISOLibrary.alone { () throws(ISOError) in
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: image.count, alignment: 1)
        bytes.copyBytes(from: image)
        defer { bytes.deallocate() }
        return try withUnsafePointer(to: UnsafeRawBufferPointer(bytes)) { (content) throws(ISOError) in
            try readImage(content)
        }
    }
}

private func readImage(_ content: UnsafePointer<UnsafeRawBufferPointer>) throws(ISOError) -> [String: [UInt8]] {
    let source = try memorySource(content)
    defer { iso_data_source_unref(source) }
    var made: OpaquePointer?
    try ISOLibrary.check("iso_image_new", iso_image_new("", &made))
    guard let image = made else { throw ISOError(description: "iso_image_new gave no image") }
    defer { iso_image_unref(image) }
    var options: OpaquePointer?
    try ISOLibrary.check("iso_read_opts_new", iso_read_opts_new(&options, 0))
    defer { iso_read_opts_free(options) }
    try ISOLibrary.check("input_charset", iso_read_opts_set_input_charset(options, "UTF-8"))
    try ISOLibrary.check("iso_image_import", iso_image_import(image, source, options, nil))
    var iterator: OpaquePointer?
    try ISOLibrary.check("iso_dir_get_children", iso_dir_get_children(iso_image_get_root(image), &iterator))
    defer { iso_dir_iter_free(iterator) }
    var files: [String: [UInt8]] = [:]
    var node: OpaquePointer?
    while try ISOLibrary.check("iso_dir_iter_next", iso_dir_iter_next(iterator, &node)) == 1 {
        guard let node, iso_node_get_type(node) == LIBISO_FILE, let name = iso_node_get_name(node) else { continue }
        files[String(cString: name)] = try read(iso_file_get_stream(node), limit: content.pointee.count)
    }
    return files
}

/// - Parameter limit: no file of an image is longer than the image itself, whatever its directory says.
private func read(_ stream: UnsafeMutablePointer<IsoStream>?, limit: Int) throws(ISOError) -> [UInt8] {
    let size = Int(iso_stream_get_size(stream))
    guard (0...limit).contains(size) else {
        throw ISOError(description: "a file of \(size) bytes in an image of \(limit)")
    }
    try ISOLibrary.check("iso_stream_open", iso_stream_open(stream))
    defer { iso_stream_close(stream) }
    var bytes = [UInt8](repeating: 0, count: size)
    var done = 0
    while done < size {
        let count = bytes.withUnsafeMutableBytes { buffer in
            iso_stream_read(stream, buffer.baseAddress.map { $0 + done }, size - done)
        }
        guard try ISOLibrary.check("iso_stream_read", count) > 0 else {
            throw ISOError(description: "a file ended after \(done) of \(size) bytes")
        }
        done += Int(count)
    }
    return bytes
}

/// A source that reads blocks from memory; the library gives it back with free().
private func memorySource(
    _ content: UnsafePointer<UnsafeRawBufferPointer>
) throws(ISOError) -> UnsafeMutablePointer<IsoDataSource> {
    guard let raw = calloc(1, MemoryLayout<IsoDataSource>.size) else { throw ISOError(description: "no memory") }
    let source = raw.bindMemory(to: IsoDataSource.self, capacity: 1)
    source.pointee.refcount = 1
    source.pointee.data = UnsafeMutableRawPointer(mutating: content)
    source.pointee.open = { _ in 1 }
    source.pointee.close = { _ in 1 }
    source.pointee.free_data = { _ in }
    source.pointee.read_block = { source, block, buffer in
        // The answer for a block that is not there is one of libisofs' own error codes, ISO_FILE_READ_ERROR.
        let failure = Int32(bitPattern: 0xE830_FF79)
        guard let image = source?.pointee.data?.load(as: UnsafeRawBufferPointer.self), let buffer,
            let start = image.baseAddress, (Int(block) + 1) * 2048 <= image.count
        else { return failure }
        memcpy(buffer, start + Int(block) * 2048, 2048)
        return 1
    }
    return source
}

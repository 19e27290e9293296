import CISOFS
import Glibc

/// An ISO 9660 image of a few files, as provisioning tools read them: Rock Ridge and Joliet names, both exact.
///
/// The same label and files give the same bytes in every process: dates are 2000-01-01T00:00:00Z, owner and group are 0, files are mode 0444 and
/// directories 0555, files lie in the order of their names. May be called from any thread.
///
/// - Parameters:
///   - label: the volume's label, as `cidata`: 1 to 16 ASCII letters, digits, `_` and `-` (Joliet has room for 16).
///   - files: names without a directory, each once, at most 64 bytes (Joliet's limit), and what they hold.
/// - Throws: ``ISOError`` for a label or a name that the image could not carry exactly.
public func isoImage(label: String, files: [(name: String, content: [UInt8])]) throws(ISOError) -> [UInt8] {
    try checkLabel(label)
    let sorted = files.sorted { $0.name < $1.name }
    for (index, file) in sorted.enumerated() {
        try checkName(file.name)
        guard index == 0 || sorted[index - 1].name != file.name else {
            throw ISOError(description: "file '\(file.name)' is given twice")
        }
    }
    return try ISOLibrary.alone { () throws(ISOError) in try writeImage(label: label, files: sorted) }
}

private func checkLabel(_ label: String) throws(ISOError) {
    let allowed = label.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
    guard allowed, (1...16).contains(label.utf8.count) else {
        throw ISOError(description: "label '\(label)': 1 to 16 ASCII letters, digits, '_' and '-' are allowed")
    }
}

private func checkName(_ name: String) throws(ISOError) {
    // Joliet refuses these characters, and libisofs would put others in their place.
    let refused = name.unicodeScalars.contains {
        $0.value < 0x20 || $0.value > 0x7E || "*/:;?\\".unicodeScalars.contains($0)
    }
    guard !refused, (1...64).contains(name.utf8.count), name != ".", name != ".." else {
        throw ISOError(
            description:
                "file name '\(name)': 1 to 64 ASCII characters without control characters and * / : ; ? \\ are allowed")
    }
}

/// 2000-01-01T00:00:00Z: a date that every reader can show, and always the same one.
private let imageTime: time_t = 946_684_800

private func writeImage(label: String, files: [(name: String, content: [UInt8])]) throws(ISOError) -> [UInt8] {
    var now = imageTime
    iso_nowtime(&now, 1)
    var made: OpaquePointer?
    try ISOLibrary.check("iso_image_new", iso_image_new(label, &made))
    guard let image = made else { throw ISOError(description: "iso_image_new gave no image") }
    defer { iso_image_unref(image) }
    for file in files { try add(file.name, file.content, to: image) }
    var options: OpaquePointer?
    try ISOLibrary.check("iso_write_opts_new", iso_write_opts_new(&options, 2))
    defer { iso_write_opts_free(options) }
    try configure(options)
    var source: UnsafeMutablePointer<burn_source>?
    try ISOLibrary.check("iso_image_create_burn_source", iso_image_create_burn_source(image, options, &source))
    guard let source else { throw ISOError(description: "iso_image_create_burn_source gave no source") }
    // Waits for the library's writing thread, so that nothing is left of it outside the lock.
    defer {
        source.pointee.free_data(source)
        free(source)
    }
    return try drain(source)
}

private func add(_ name: String, _ content: [UInt8], to image: OpaquePointer) throws(ISOError) {
    // The stream owns its buffer and gives it back with free(). An empty file still needs an address.
    guard let buffer = malloc(max(content.count, 1)) else { throw ISOError(description: "no memory for '\(name)'") }
    content.withUnsafeBytes { bytes in
        if let start = bytes.baseAddress { memcpy(buffer, start, bytes.count) }
    }
    var stream: UnsafeMutablePointer<IsoStream>?
    do {
        try ISOLibrary.check(
            "iso_memory_stream_new",
            iso_memory_stream_new(buffer.assumingMemoryBound(to: UInt8.self), content.count, &stream))
    } catch {
        free(buffer)
        throw error
    }
    do {
        try ISOLibrary.check(
            "file '\(name)'", iso_image_add_new_file(image, iso_image_get_root(image), name, stream, nil))
    } catch {
        iso_stream_unref(stream)
        throw error
    }
}

private func configure(_ options: OpaquePointer?) throws(ISOError) {
    try ISOLibrary.check("rockridge", iso_write_opts_set_rockridge(options, 1))
    try ISOLibrary.check("joliet", iso_write_opts_set_joliet(options, 1))
    try ISOLibrary.check("iso_level", iso_write_opts_set_iso_level(options, 3))
    // Without this, a reader of the plain or the Joliet tree would see "user-data.".
    try ISOLibrary.check("no_force_dots", iso_write_opts_set_no_force_dots(options, 3))
    // Lower case in the label: cloud-init looks for cidata and CIDATA, Ignition's readers for the exact text.
    try ISOLibrary.check("relaxed_vol_atts", iso_write_opts_set_relaxed_vol_atts(options, 1))
    try ISOLibrary.check("output_charset", iso_write_opts_set_output_charset(options, "UTF-8"))
    try ISOLibrary.check("replace_mode", iso_write_opts_set_replace_mode(options, 2, 2, 2, 2))
    try ISOLibrary.check("default_dir_mode", iso_write_opts_set_default_dir_mode(options, 0o555))
    try ISOLibrary.check("default_file_mode", iso_write_opts_set_default_file_mode(options, 0o444))
    try ISOLibrary.check("default_uid", iso_write_opts_set_default_uid(options, 0))
    try ISOLibrary.check("default_gid", iso_write_opts_set_default_gid(options, 0))
    try ISOLibrary.check("replace_timestamps", iso_write_opts_set_replace_timestamps(options, 2))
    try ISOLibrary.check("default_timestamp", iso_write_opts_set_default_timestamp(options, imageTime))
    try ISOLibrary.check("dir_rec_mtime", iso_write_opts_set_dir_rec_mtime(options, 7))
    try ISOLibrary.check("always_gmt", iso_write_opts_set_always_gmt(options, 1))
    var date = Array("2000010100000000".utf8CString)
    try ISOLibrary.check("pvd_times", iso_write_opts_set_pvd_times(options, imageTime, imageTime, 0, 0, &date))
    try ISOLibrary.check("fifo_size", iso_write_opts_set_fifo_size(options, 64))
}

private func drain(_ source: UnsafeMutablePointer<burn_source>) throws(ISOError) -> [UInt8] {
    let size = Int(source.pointee.get_size(source))
    var failure: ISOError?
    let image = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
        while count < size, let start = buffer.baseAddress {
            // Whole pieces or the end: the library's source delivers nothing in between.
            let read = source.pointee.read_xt(source, start + count, Int32(min(65536, size - count)))
            guard read > 0 else {
                failure = ISOError(description: "the image ended after \(count) of \(size) bytes")
                return
            }
            count += Int(read)
        }
    }
    if let failure { throw failure }
    return image
}

/// Reads files from the root of an ISO 9660 image (ECMA-119), by their Rock Ridge names where there are any.
struct DriveReader {
    private static let sector = 2048
    private let image: [UInt8]
    /// Name, first sector, bytes.
    private let files: [(name: String, sector: Int, length: Int)]

    /// - Returns: `nil` when the bytes are no ISO 9660 image.
    init?(_ image: [UInt8]) {
        self.image = image
        // The primary volume descriptor: sector 16, type 1, "CD001"; its root directory record at byte 156 (ECMA-119 8.4).
        let descriptor = 16 * Self.sector
        guard image.count >= descriptor + Self.sector, image[descriptor] == 1,
            image[(descriptor + 1)..<(descriptor + 6)].elementsEqual("CD001".utf8),
            let root = Self.extent(image[(descriptor + 156)...]),
            let directory = Self.slice(image, root.sector, root.length)
        else { return nil }
        var files: [(String, Int, Int)] = []
        var position = directory.startIndex
        while position < directory.endIndex {
            let length = Int(directory[position])
            if length == 0 {
                // Records do not cross sectors; the rest of one is zeros.
                position += Self.sector - (position - directory.startIndex) % Self.sector
                continue
            }
            guard length >= 34, position + length <= directory.endIndex else { return nil }
            let record = directory[position..<(position + length)]
            let isDirectory = record[position + 25] & 2 != 0
            if !isDirectory, let extent = Self.extent(record) {
                files.append((Self.name(record), extent.sector, extent.length))
            }
            position += length
        }
        self.files = files
    }

    func file(_ name: String) -> [UInt8]? {
        guard let file = files.first(where: { $0.name == name }) else { return nil }
        return Self.slice(image, file.sector, file.length).map { Array($0) }
    }

    private static func slice(_ image: [UInt8], _ sector: Int, _ length: Int) -> ArraySlice<UInt8>? {
        let start = sector * Self.sector
        guard start >= 0, length >= 0, start + length <= image.count else { return nil }
        return image[start..<(start + length)]
    }

    /// Location and length of a directory record's content, both stored in both byte orders (ECMA-119 9.1).
    private static func extent(_ record: ArraySlice<UInt8>) -> (sector: Int, length: Int)? {
        guard record.count >= 34 else { return nil }
        func number(_ offset: Int) -> Int {
            (0..<4).reduce(0) { $0 | Int(record[record.startIndex + offset + $1]) << (8 * $1) }
        }
        return (number(2), number(10))
    }

    private static func name(_ record: ArraySlice<UInt8>) -> String {
        let start = record.startIndex
        let length = min(Int(record[start + 32]), record.count - 33)
        // System use entries follow the padded identifier: signature, length, version (SUSP 4.1); NM has one byte of flags (RRIP 4.1.4).
        var position = start + 33 + length + (length % 2 == 0 ? 1 : 0)
        var rockRidge: [UInt8] = []
        while position + 5 <= record.endIndex {
            let size = Int(record[position + 2])
            guard size >= 4, position + size <= record.endIndex else { break }
            if record[position] == UInt8(ascii: "N"), record[position + 1] == UInt8(ascii: "M"), size > 5 {
                rockRidge += record[(position + 5)..<(position + size)]
            }
            position += size
        }
        guard rockRidge.isEmpty else { return String(decoding: rockRidge, as: UTF8.self) }
        let plain = String(decoding: record[(start + 33)..<(start + 33 + length)], as: UTF8.self)
        return String(plain.prefix { $0 != ";" })
    }
}

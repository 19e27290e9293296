import ClusterModel
import FoundationEssentials
import Glibc
import TestSupport
import Testing

@testable import Reconciler

/// Base images are read once, and what was read is known to the next process.
@Suite struct ImageFilesTests {
    private let directory: TemporaryDirectory
    private let cache: ImageHashCache

    init() throws {
        directory = try TemporaryDirectory()
        cache = ImageHashCache(path: directory.file("cache/dialtone/images.json"))
    }

    private func files(settling: Int64 = 0) -> ImageFiles { ImageFiles(cache: cache, settling: settling) }

    private func written(_ text: String) throws -> (path: String, file: ImageFile) {
        let path = try directory.write(text, to: "node.img")
        return (path, ImageFile(sha256: ContentHash.of(Array(text.utf8)), bytes: Int64(text.utf8.count)))
    }

    @Test("what one process has read, another one knows without reading")
    func kept() async throws {
        let (path, file) = try written("one")
        #expect(try await files().remembered(path) == nil)
        #expect(try await files().describe(path) == file)
        #expect(try await files().remembered(path) == file)
        // Only who does not read the image takes this for its hash.
        let document = try String(contentsOfFile: cache.path, encoding: .utf8)
        let other = String(repeating: "0", count: 64)
        try document.replacing(file.sha256, with: other).write(toFile: cache.path, atomically: true, encoding: .utf8)
        #expect(try await files().describe(path).sha256 == other)
    }

    @Test("another content of the same name, size and time of modification is another one")
    func changed() async throws {
        let (path, file) = try written("one")
        var before = stat()
        #expect(stat(path, &before) == 0)
        #expect(try await files().describe(path) == file)
        let descriptor = open(path, O_WRONLY)
        #expect(write(descriptor, "two", 3) == 3)
        #expect(futimens(descriptor, [before.st_atim, before.st_mtim]) == 0)
        close(descriptor)
        #expect(try await files().remembered(path) == nil)
        #expect(try await files().describe(path).sha256 == ContentHash.of(Array("two".utf8)))
    }

    @Test("a file that was written to a moment ago is read again the next time")
    func fresh() async throws {
        let (path, file) = try written("one")
        let files = files(settling: 3600 * 1_000_000_000)
        #expect(try await files.describe(path) == file)
        #expect(try await files.remembered(path) == nil)
    }

    @Test(
        "a cache that is lost, damaged or in the way does no harm",
        arguments: ["", "{", "[1]", #"{"format":2,"images":[]}"#, "directory", "fifo", "no directory"])
    func damaged(kind: String) async throws {
        let (path, file) = try written("one")
        #expect(mkdir(directory.file("cache"), 0o700) == 0)
        if kind == "no directory" {
            try directory.write("", to: "cache/dialtone")
        } else {
            #expect(mkdir(directory.file("cache/dialtone"), 0o700) == 0)
            switch kind {
            case "directory": #expect(mkdir(cache.path, 0o700) == 0)
            case "fifo": #expect(mkfifo(cache.path, 0o600) == 0)
            default: try directory.write(kind, to: "cache/dialtone/images.json")
            }
        }
        #expect(try await files().describe(path) == file)
        #expect(try await files().describe(path) == file)
    }

    @Test("the latest are kept, one for each file, and nothing is left beside them")
    func bounded() async throws {
        for number in 0..<(ImageHashCache.most + 3) {
            let path = try directory.write("\(number)", to: "\(number).img")
            _ = try await files().describe(path)
        }
        #expect(try await files().remembered(directory.file("2.img")) == nil)
        #expect(try await files().remembered(directory.file("3.img")) != nil)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: directory.file("cache/dialtone")) == ["images.json"])
    }

    @Test(
        "it lies in the user's cache directory, where there is one",
        arguments: [
            (["XDG_CACHE_HOME": "/c", "HOME": "/h"], "/c/dialtone/images.json"),
            (["XDG_CACHE_HOME": "", "HOME": "/h"], "/h/.cache/dialtone/images.json"),
            (["XDG_CACHE_HOME": "c"], nil), ([:], nil),
        ] as [([String: String], String?)])
    func place(environment: [String: String], path: String?) {
        #expect(ImageHashCache(environment: environment)?.path == path)
    }
}

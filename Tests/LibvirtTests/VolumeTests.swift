import Foundation
import Libvirt
import Synchronization
import TestSupport
import Testing

@Suite("Volumes in a directory, through the QEMU driver of a real libvirtd", .enabled(if: QEMU.isAvailable))
struct VolumeTests {
    private struct Ground {
        let daemon: RealLibvirtd
        let directory: TemporaryDirectory
        let connection: LibvirtConnection

        init() async throws {
            daemon = try await RealLibvirtd.start()
            directory = try TemporaryDirectory()
            connection = LibvirtConnection(uri: daemon.qemuURI)
            try await connection.definePool(name: "p", directory: directory.path)
            try await connection.startPool("p")
        }

        func content(_ name: String) throws -> [UInt8] {
            Array(try Data(contentsOf: URL(filePath: directory.file(name))))
        }
    }

    @Test("a pool tells its place and its room")
    func pool() async throws {
        let ground = try await Ground()
        let pool = try #require(try await ground.connection.pool(named: "p"))
        #expect(pool.isActive && pool.kind == "dir" && pool.path == ground.directory.path)
        #expect(pool.capacity > 0 && pool.available > 0 && pool.available <= pool.capacity)
        #expect(try await ground.connection.pools() == [pool])
        #expect(try await ground.connection.pool(named: "q") == nil)
        await ground.connection.close()
    }

    @Test("content from memory arrives byte for byte, in pieces, with progress")
    func upload() async throws {
        let ground = try await Ground()
        let content = (0..<700_001).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        let made = try await ground.connection.createVolume(
            .init(name: "v.img", capacity: UInt64(content.count), format: .raw), inPool: "p")
        #expect(made.path == ground.directory.file("v.img") && made.capacity == 700_001 && made.format == "raw")
        var progress: [UInt64] = []
        try await ground.connection.upload(content, toVolume: "v.img", inPool: "p") { progress.append($0) }
        #expect(progress == [262_144, 524_288, 700_001])
        #expect(try ground.content("v.img") == content)
        #expect(try await ground.connection.volumeNames(inPool: "p") == ["v.img"])
        await ground.connection.close()
    }

    @Test("a file arrives byte for byte; an empty one too")
    func uploadFile() async throws {
        let ground = try await Ground()
        let content = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 17 >> 5) }
        let source = try TemporaryDirectory()
        try Data(content).write(to: URL(filePath: source.file("image")))
        try Data().write(to: URL(filePath: source.file("empty")))
        try await ground.connection.createVolume(.init(name: "v", capacity: 1_000_000, format: .raw), inPool: "p")
        try await ground.connection.upload(file: source.file("empty"), toVolume: "v", inPool: "p")
        try await ground.connection.upload(file: source.file("image"), toVolume: "v", inPool: "p")
        #expect(try ground.content("v") == content)
        let error = await #expect(throws: LibvirtError.self) {
            try await ground.connection.upload(file: "/nonexist/image", toVolume: "v", inPool: "p")
        }
        #expect(error?.description.contains("open for file '/nonexist/image'") == true)
        #expect(error?.message == "No such file or directory")
        await ground.connection.close()
    }

    @Test("what is seen of a file on its way is what arrives, also where the file changes meanwhile")
    func fileChanges() async throws {
        let ground = try await Ground()
        let source = try TemporaryDirectory()
        let image = source.file("image")
        try Data(repeating: 1, count: 2_000_000).write(to: URL(filePath: image))
        try await ground.connection.createVolume(.init(name: "v", capacity: 2_000_000, format: .raw), inPool: "p")
        let seen = Mutex<[UInt8]>([])
        try await ground.connection.upload(
            file: image, toVolume: "v", inPool: "p", seen: { piece in seen.withLock { $0.append(contentsOf: piece) } }
        ) { sent in
            guard sent == 524_288, let file = FileHandle(forWritingAtPath: image) else { return }
            // Near its end, which was not read yet.
            file.seek(toFileOffset: 1_900_000)
            file.write(Data(repeating: 2, count: 1000))
            file.closeFile()
        }
        let arrived = try ground.content("v")
        #expect(seen.withLock { $0 } == arrived)
        #expect(arrived.count { $0 == 2 } == 1000)
        await ground.connection.close()
    }

    @Test("content that is longer than its volume is refused before anything is sent")
    func oversize() async throws {
        let ground = try await Ground()
        try await ground.connection.createVolume(.init(name: "v", capacity: 4096, format: .raw), inPool: "p")
        let error = await #expect(throws: LibvirtError.self) {
            try await ground.connection.upload([UInt8](repeating: 7, count: 4097), toVolume: "v", inPool: "p")
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message == "the content is 4097 bytes long, and the volume holds 4096")
        #expect(try ground.content("v") == [UInt8](repeating: 0, count: 4096))
        await ground.connection.close()
    }

    @Test("an overlay tells what it lies on; libvirt refuses one on nothing; a volume is deleted")
    func overlay() async throws {
        let ground = try await Ground()
        let base = try await ground.connection.createVolume(
            .init(name: "base", capacity: 1 << 20, format: .raw), inPool: "p")
        let backing = StorageVolume.Backing(path: base.path, format: "raw")
        let overlay = try await ground.connection.createVolume(
            .init(name: "node.qcow2", capacity: 1 << 30, format: .qcow2, backing: backing), inPool: "p")
        #expect(overlay.backing == backing && overlay.format == "qcow2" && overlay.capacity == 1 << 30)
        #expect(try await ground.connection.volume(named: "node.qcow2", inPool: "p")?.backing == backing)
        #expect(try await ground.connection.volumeNames(inPool: "p").sorted() == ["base", "node.qcow2"])
        let missing = await #expect(throws: LibvirtError.self) {
            try await ground.connection.createVolume(
                .init(
                    name: "x", capacity: 1 << 20, format: .qcow2,
                    backing: .init(path: "/nonexist/base", format: "qcow2")), inPool: "p")
        }
        #expect(missing?.code == .systemError)
        let twice = await #expect(throws: LibvirtError.self) {
            try await ground.connection.createVolume(.init(name: "base", capacity: 1, format: .raw), inPool: "p")
        }
        #expect(twice?.code == .volumeExists)
        try await ground.connection.deleteVolume(named: "node.qcow2", inPool: "p")
        #expect(try await ground.connection.volume(named: "node.qcow2", inPool: "p") == nil)
        await ground.connection.close()
    }

    @Test("a cancelled upload ends early, and the connection goes on working")
    func cancelled() async throws {
        let ground = try await Ground()
        let content = [UInt8](repeating: 1, count: 8 << 20)
        try await ground.connection.createVolume(.init(name: "v", capacity: 8 << 20, format: .raw), inPool: "p")
        let task = Task {
            try await ground.connection.upload(content, toVolume: "v", inPool: "p") { _ in
                withUnsafeCurrentTask { $0?.cancel() }
            }
        }
        let error = await #expect(throws: LibvirtError.self) { try await task.value }
        #expect(error?.code == .operationAborted)
        #expect(error?.message == "cancelled after 262144 of 8388608 bytes")
        #expect(try await ground.connection.volumeNames(inPool: "p") == ["v"])
        try await ground.connection.upload(content, toVolume: "v", inPool: "p")
        #expect(try ground.content("v") == content)
        await ground.connection.close()
    }

    @Test("what others put into the directory is seen after a refresh")
    func refresh() async throws {
        let ground = try await Ground()
        try ground.directory.write("x", to: "other")
        #expect(try await ground.connection.volumeNames(inPool: "p") == [])
        try await ground.connection.refreshPool("p")
        #expect(try await ground.connection.volumeNames(inPool: "p") == ["other"])
        await ground.connection.close()
    }
}

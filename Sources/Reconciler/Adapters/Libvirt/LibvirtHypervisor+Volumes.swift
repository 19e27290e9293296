import ClusterModel
import ConfigDrive
import Glibc
import Libvirt

extension LibvirtHypervisor {
    /// Uploads a base image anew: what is there of it may be half of it. What was sent has to be what the volume is named after.
    func ensure(_ upload: ImageUpload, _ pool: String, _ progress: @escaping Progress) async throws {
        var status = stat()
        guard stat(upload.path, &status) == 0, Int64(status.st_size) == upload.file.bytes else {
            throw Self.hasChanged(upload)
        }
        try await delete(upload.volume, pool)
        // Its bytes are kept as they are, whatever is in them: an overlay says which format it lies on.
        try await connection.createVolume(
            VolumeDefinition(name: upload.volume, capacity: UInt64(upload.file.bytes), format: .raw, allocation: 0),
            inPool: pool)
        let sent = try await contents.write(
            .file(upload.path), pool: pool, volume: upload.volume, progress: progress)
        guard sent == upload.file.sha256 else {
            try await delete(upload.volume, pool)
            throw Self.hasChanged(upload)
        }
    }

    private static func hasChanged(_ upload: ImageUpload) -> PortError {
        PortError(
            .changed,
            """
            image \(upload.path) is no longer the file that was looked at, and volume '\(upload.volume)' was not made from it: see that nobody \
            writes to the file, and apply again
            """)
    }

    func createOverlay(
        _ pool: String, _ volume: String, _ backing: String, _ format: ImageFormat, _ gibibytes: Int
    ) async throws {
        guard let base = try await connection.volume(named: backing, inPool: pool) else {
            throw PortError(
                .refused,
                "pool '\(pool)' has no volume '\(backing)' for '\(volume)' to lie on; put it back, or name another as nodes.image"
            )
        }
        guard base.capacity <= UInt64(gibibytes) << 30 else {
            throw PortError(
                .refused,
                "image '\(backing)' of pool '\(pool)' is \((base.capacity + (1 << 30) - 1) >> 30) GiB large, and the disk '\(volume)' is to be \(gibibytes) GiB; write a larger nodes.disk"
            )
        }
        try await delete(volume, pool)
        try await connection.createVolume(
            VolumeDefinition(
                name: volume, capacity: UInt64(gibibytes) << 30, format: .qcow2,
                backing: StorageVolume.Backing(path: base.path, format: format.rawValue), allocation: 0), inPool: pool)
    }

    /// The name is the content's hash: one that is there is the same, unless its writing was cut short.
    func writeDrive(_ pool: String, _ volume: String, _ drive: NodeDrive, fresh: Bool) async throws {
        if !fresh, try await connection.volume(named: volume, inPool: pool) != nil { return }
        let image = try isoImage(label: drive.label, files: drive.files.map { ($0.name, $0.content) })
        try await delete(volume, pool)
        try await connection.createVolume(
            VolumeDefinition(name: volume, capacity: UInt64(image.count), format: .raw), inPool: pool)
        try await contents.write(.bytes(image), pool: pool, volume: volume) { _, _ in }
    }

    /// Gone already is done.
    func delete(_ volume: String, _ pool: String) async throws {
        do {
            try await connection.deleteVolume(named: volume, inPool: pool)
        } catch let error as LibvirtError where error.code == .noVolume {
            return
        }
        await contents.discard(pool: pool, volume: volume)
    }

    func deleteUnusedImage(_ image: String, _ pool: String) async throws {
        guard let base = try await connection.volume(named: image, inPool: pool) else { return }
        for name in try await connection.volumeNames(inPool: pool) where name != image {
            if try await connection.volume(named: name, inPool: pool)?.backing?.path == base.path { return }
        }
        try await delete(image, pool)
    }
}

/// libvirt's own uploads.
struct LibvirtContents: VolumeContents {
    let connection: LibvirtConnection
    let place: HypervisorSpec

    func write(
        _ source: VolumeSource, pool: String, volume: String, progress: @escaping Progress
    ) async throws(PortError) -> String {
        do {
            switch source {
            case .bytes(let bytes):
                try await connection.upload(bytes, toVolume: volume, inPool: pool)
                return ContentHash.of(bytes)
            case .file(let path):
                var status = stat()
                stat(path, &status)
                let total = Int64(status.st_size)
                let hash = ContentHash()
                try await connection.upload(file: path, toVolume: volume, inPool: pool, seen: hash.add) {
                    progress(Int64($0), total)
                }
                return hash.finish()
            }
        } catch {
            let mend =
                error.code == .noSupport
                ? "this libvirt driver takes no uploads, as the test driver: bring up a lab (dialtone lab up) and use --lab"
                : error.mend(place)
            throw PortError(
                error.isConnectionLoss ? .unreachable : .refused,
                "volume '\(volume)' of pool '\(pool)': \(error)\(mend.map { "; \($0)" } ?? "")")
        }
    }

    func discard(pool: String, volume: String) async {}
}

/// Each image is uploaded once, however many nodes ask for it, at the same time or later.
actor ImageUploads {
    private var underWay: [String: Task<Void, any Error>] = [:]
    /// Uploaded by this process: whole as long as they are there.
    private var done: Set<String> = []

    /// - Parameter isThere: whether an image that was uploaded before is still there.
    func once(
        _ key: String, isThere: @escaping @Sendable () async throws -> Bool,
        _ upload: @escaping @Sendable () async throws -> Void
    ) async throws {
        if let task = underWay[key] { return try await task.value }
        let isDone = done.contains(key)
        let task = Task {
            if isDone, try await isThere() { return }
            try await upload()
        }
        underWay[key] = task
        defer { underWay[key] = nil }
        try await task.value
        done.insert(key)
    }
}

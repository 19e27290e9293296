import FoundationEssentials
import Glibc

/// One beginning of a lab in a directory at a time: a lock on the directory itself (flock(2)), which ends with the process that holds it.
struct LabLock: ~Copyable {
    private let descriptor: Int32
    private let directory: String
    /// Whether the directory was made for the lock alone.
    private let isMade: Bool

    /// Waits for another one that begins a lab there.
    static func take(_ directory: String, until end: ContinuousClock.Instant) async throws(LabError) -> LabLock {
        while true {
            let isMade = !FileManager.default.fileExists(atPath: directory)
            try LabLayout.make(directory)
            let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            // It may be taken away just now.
            guard descriptor >= 0 || errno == ENOENT else { throw .system("open \(directory)", errno) }
            if descriptor >= 0 {
                if flock(descriptor, LOCK_EX | LOCK_NB) == 0, isSame(descriptor, directory) {
                    return LabLock(descriptor: descriptor, directory: directory, isMade: isMade)
                }
                close(descriptor)
            }
            guard ContinuousClock.now < end, (try? await Task.sleep(for: .milliseconds(20))) != nil else {
                throw LabError("another `dialtone lab up` has begun the lab in \(directory), and does not end")
            }
        }
    }

    deinit {
        // A directory that was made for nothing; one with a lab in it stays.
        if isMade { rmdir(directory) }
        close(descriptor)
    }

    /// Whether the directory of that path is still the one that was opened.
    private static func isSame(_ descriptor: Int32, _ path: String) -> Bool {
        var (opened, named) = (stat(), stat())
        return fstat(descriptor, &opened) == 0 && stat(path, &named) == 0 && opened.st_ino == named.st_ino
            && opened.st_dev == named.st_dev
    }
}

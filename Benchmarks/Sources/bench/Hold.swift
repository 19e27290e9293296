import Glibc

/// A converged world that stays until the program is ended: to profile what is measured, or to try something on it.
enum Hold {
    /// - Parameter arguments: how many nodes and how many instances.
    static func run(_ arguments: ArraySlice<String>) async throws {
        let counts = arguments.compactMap { Int($0) }
        guard counts.count == 2 else {
            print("hold takes two numbers: nodes and instances")
            exit(64)
        }
        let world = try await World.converged(nodes: counts[0], replicas: counts[1])
        print("libvirt: \(world.libvirtURI)")
        print(world.apply.words.joined(separator: " "))
        print("ends with its standard input")
        fflush(nil)
        while readLine() != nil {}
        try await world.stop()
    }
}

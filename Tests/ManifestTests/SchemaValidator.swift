import Foundation

/// PyPI's `jsonschema` as a judge of the schema that is none of ours.
enum SchemaValidator {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// For each document why the schema refuses it; `nil` for those that it takes.
    static func reasons(_ documents: [String], schema: String) throws -> [String?] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "dialtone-schema-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let task = folder.appending(path: "task.json")
        try JSONEncoder().encode(Task(schema: schema, documents: documents)).write(to: task)

        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "python3", repository.appending(path: "Tests/ManifestTests/Fixtures/validate.py").path, task.path,
        ]
        let output = Pipe()
        let errors = folder.appending(path: "errors")
        try Data().write(to: errors)
        process.standardOutput = output
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        let answer = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let said = try String(contentsOf: errors, encoding: .utf8)
            throw Failure(description: "the validator failed (python3 with jsonschema and PyYAML is needed): \(said)")
        }
        return try JSONDecoder().decode([String?].self, from: answer)
    }

    private struct Task: Encodable {
        var schema: String
        var documents: [String]
    }
}

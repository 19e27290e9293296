import Foundation

/// A recording beside these tests.
func fixture(_ name: String) throws -> String {
    let url = Bundle.module.bundleURL.appending(path: "Fixtures").appending(path: name)
    return String(decoding: try Data(contentsOf: url), as: UTF8.self)
}

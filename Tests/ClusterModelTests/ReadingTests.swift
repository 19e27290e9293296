import ClusterModel
import Testing

@Suite struct ReadingTests {
    private let then = Instant(seconds: 100)
    private let now = Instant(seconds: 200)

    @Test("what cannot be read remembers what was known, and since when, over several failures")
    func remembering() {
        let known = Reading.known(7, at: then)
        let first = Reading<Int>.unknown(reason: "refused", last: nil).remembering(known)
        #expect(first == .unknown(reason: "refused", last: .init(value: 7, at: then)))
        let second = Reading<Int>.unknown(reason: "silent", last: nil).remembering(first)
        #expect(second == .unknown(reason: "silent", last: .init(value: 7, at: then)))
        #expect(second.value == nil)
        #expect(Reading.known(8, at: now).remembering(second) == .known(8, at: now))
    }

    @Test("only what is known is changed in place")
    func update() {
        var known = Reading.known([1], at: then)
        known.update { $0.append(2) }
        #expect(known == .known([1, 2], at: then))
        var unknown = Reading<[Int]>.unknown(reason: "refused", last: nil)
        unknown.update { $0.append(2) }
        #expect(unknown == .unknown(reason: "refused", last: nil))
    }
}

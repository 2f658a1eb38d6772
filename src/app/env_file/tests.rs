use super::*;

/// The variables of a file, with `<name content>` for a reference.
fn parsed(text: &str) -> Vec<(String, String)> {
    let shown = |piece: &Piece| match piece {
        Piece::Text(text) => String::from_utf8(text.expose().to_vec()).unwrap(),
        Piece::Reference(it) => format!("<{} {}>", it.name, it.content.name()),
    };
    let all = parse(text).unwrap().into_iter();
    all.map(|it| (it.name, it.pieces.iter().map(shown).collect()))
        .collect()
}

#[test]
fn values_follow_the_rules_of_dotenv() {
    for (line, expected) in [
        ("A=b", "b"),
        ("  A = b c \t", "b c"),
        ("export A=b", "b"),
        ("export\tA=b\r", "b"),
        ("A=", ""),
        ("A= # nothing", ""),
        ("A=b # comment", "b"),
        ("A=b#c", "b#c"),
        ("A=$HOME", "$HOME"),
        ("A=a=b", "a=b"),
        ("A='b # c' # d", "b # c"),
        ("A='b\\nc'", "b\\nc"),
        ("A=\"b\\nc\\t\\\"\\\\ \\x\"", "b\nc\t\"\\ \\x"),
        ("A=\"b\nc\"", "b\nc"),
        ("A=`it's \"x\"`", "it's \"x\""),
        ("A=it's", "it's"),
        ("A=\"\"", ""),
        ("A={{aemkeys:dev/token}}", "<dev token>"),
        ("A={{ aemkeys:dev/token }}", "<dev token>"),
        ("A={{{aemkeys:dev/token}}}", "{<dev token>}"),
        ("A={{x}}{{ \taemkeys:dev/token}}", "{{x}}<dev token>"),
        ("A={ {aemkeys:dev/token}}", "{ {aemkeys:dev/token}}"),
        (
            "A='Bearer {{aemkeys:dev/ci/token}}'",
            "Bearer <dev/ci token>",
        ),
        ("A={{ aemkeys }} {{x}}", "{{ aemkeys }} {{x}}"),
        (
            "A={{aemkeys: p1-e2/author }}/x?{{aemkeys:dev/org}}",
            "<p1-e2 author>/x?<dev org>",
        ),
    ] {
        assert_eq!(parsed(line), [("A".into(), expected.into())], "{line:?}");
    }
    let several = parsed("# first\n\nA=1\r\nB='2\n3'\n\n export C=4");
    let values: Vec<_> = several.iter().map(|(_, value)| value.as_str()).collect();
    assert_eq!(values, ["1", "2\n3", "4"]);
    assert_eq!(parsed(""), []);
}

#[test]
fn mistakes_have_a_line_and_repeat_no_value() {
    for (text, line, why) in [
        ("A=1\nplanted", 2, "no ="),
        ("A=1\n\nplanted b=c", 3, "letters, digits"),
        ("=planted", 1, "letters, digits"),
        ("exportA planted=x", 1, "letters, digits"),
        ("A='planted", 1, "not closed"),
        ("A=1\nB=\"planted\n\n", 2, "not closed"),
        ("A=\"planted\\", 1, "not closed"),
        ("A='planted' planted", 1, "goes on"),
        ("A='1\n2\n'\nB=planted\0", 4, "NUL"),
        ("A=planted {{aemkeys:dev/token", 1, "no }}"),
        ("A=planted {{aemkeys:dev}}", 1, "NAME/CONTENT"),
        ("A={{aemkeys:dev/secret}}", 1, "one of token, header"),
        ("A={{aemkeys:dev/client-secret}}", 1, "one of token, header"),
    ] {
        let (at, said) = parse(text).err().unwrap();
        assert_eq!(at, line, "{text:?}");
        assert!(said.contains(why), "{text:?}: {said}");
        assert!(!said.contains("planted"), "{said}");
    }
}

/// A file of this size would be read for hours if every line counted the lines before it.
#[test]
fn a_file_of_many_lines_is_read_line_by_line() {
    let count = 340_000;
    let (line, _) = parse(&format!("{}planted", "A=\n".repeat(count)))
        .err()
        .unwrap();
    assert_eq!(line, count + 1);
}

#[test]
fn errors_name_the_line_and_the_reference() {
    let file = EnvFile {
        file: "dev.env".to_owned(),
        variables: parse("A=1\nB={{aemkeys:wknd/org}}").unwrap(),
    };
    let Some(problem) = file.variables(|_| None).err() else {
        panic!("resolved");
    };
    let message = "could not resolve {{aemkeys:wknd/org}} in line 2 of dev.env";
    assert_eq!(problem.message, message);
    assert_eq!(problem.cause.as_deref(), Some("wknd has no org"));
    let found = file.variables(|_| Some("x".into())).unwrap();
    assert_eq!(found[1], ("B".to_owned(), Secret::from("x")));
}

proptest::proptest! {
    #[test]
    fn any_text_is_parsed_or_refused(text in "(?s)[A='\"`\\\\#{}a-e/: \n\0]{0,60}") {
        let _ = parse(&text);
    }
}

//! What `explain` and guides name: the subject is filled in, the command shows something about it.

use aemkeys_core::credential::NextStep;

use super::Remedies;
use crate::support::https_mock::Reply;
use crate::support::sandbox::Sandbox;

const STAGE: &str = "wknd-stage";

/// A sandbox with an environment, and a delivery tier that answers.
fn stage() -> Sandbox {
    let sandbox = Sandbox::answering(|asked| {
        asked
            .host
            .starts_with("delivery")
            .then(|| Reply::json(200, "{}"))
    });
    sandbox.add("wknd-stage/", "stage");
    sandbox.ok(&["exchange", STAGE]);
    sandbox.make_reading_cheap();
    sandbox
}

fn explained(r: &mut Remedies, text: &str, step: NextStep, fill: &[(&str, &str)]) -> super::Ran {
    let said = r.sandbox.run(&["explain", text]);
    r.follow(&said, step, fill)
}

super::remedies! {
    fn explanations_name_commands_that_show_more(r: stage())
        runs [CallDelivery, Check, Explain, PrintHeader, Show, TestAuthor, TestPath, TestPublish] and []
    {
        let name = [("NAME", STAGE)];
        explained(&mut r, "401010 Oauth token is missing", NextStep::PrintHeader, &name)
            .expect(0)
            .prints("Authorization: Bearer ");
        explained(
            &mut r,
            "401 asset is restricted",
            NextStep::CallDelivery,
            &[("NAME:delivery", "wknd-stage:delivery"), ("PATH", "/adobe/assets/x")],
        )
        .expect(0);
        // It expires within a month.
        explained(&mut r, "error=invalid_signature", NextStep::Check, &[])
            .expect(1)
            .prints(STAGE);
        explained(&mut r, "adobe/meta/errors/unauthorized", NextStep::Show, &name)
            .expect(0)
            .prints(STAGE);
        for (text, step) in [
            ("https://author-p1-e2.adobeaemcloud.com/x 404 Not Found", NextStep::TestAuthor),
            ("https://publish-p1-e2.adobeaemcloud.com/x 403", NextStep::TestPublish),
        ] {
            explained(&mut r, text, step, &name).expect(0).prints("signed in");
        }
        let path = [("NAME", STAGE), ("PATH", "/libs/granite/security/currentuser.json")];
        explained(&mut r, "404", NextStep::TestPath, &path).expect(0).prints("author");
        let said = r.sandbox.run(&["explain", "404"]);
        let line = r.printed_step(&said, NextStep::Explain, &[]);
        let whole = "printf 'https://author-p1-e2.adobeaemcloud.com/x 404 Not Found'";
        super::Ran::of(r.shell(&format!("{whole} | {line}")).output().unwrap())
            .expect(0)
            .prints("author found nothing");
    }

    fn guides_name_commands_for_the_identity(r: {
        let sandbox = Sandbox::new();
        sandbox.add("wknd-stage/", "stage");
        sandbox.add("brand-stage/", "stage");
        sandbox
    }) runs [ExportCredential, GuideRevoke, GuideApiYaml, InvalidateToken, TestOpenApi] and
        ["guide TOPIC NAME", "guide permissions NAME --api-yaml"]
    {
        let said = r.sandbox.ok(&["guide", "rotate", STAGE]);
        let file = r.sandbox.home().join("new.json");
        let given = [("FILE", file.to_str().unwrap())];
        r.follow(&said, NextStep::ExportCredential.of(STAGE), &given).expect(0);
        assert!(std::fs::read_to_string(&file).unwrap().contains("technicalAccount"));
        r.follow(&said, NextStep::GuideRevoke.of(STAGE), &[]).expect(0).prints("Revoke");
        r.sandbox.ok(&["exchange", STAGE]);
        let said = r.sandbox.ok(&["guide", "revoke", STAGE]);
        r.answer(&said, NextStep::InvalidateToken.of(STAGE), &[], super::YES).expect(0);
        let said = r.sandbox.ok(&["guide", "permissions", "brand-stage"]);
        r.follow(&said, NextStep::GuideApiYaml.of("brand-stage"), &[]).expect(0).prints("allowedClientIDs");
        let said = r.sandbox.ok(&["guide", "oauth", "brand-stage"]);
        r.follow(&said, NextStep::TestOpenApi.of("brand-stage"), &[]);
        let said = r.sandbox.ok(&["guide"]);
        let given = [("TOPIC", "rotate"), ("NAME", STAGE)];
        r.follow_text(&said, "guide TOPIC NAME", "aemkeys guide TOPIC NAME", &given).expect(0).prints(STAGE);
        let said = r.sandbox.run(&["guide", "permissions", STAGE, "--api-yaml"]);
        let line = "guide permissions NAME --api-yaml";
        r.follow_text(&said, line, &format!("aemkeys {line}"), &[("NAME", "brand-stage")]).expect(0);
    }
}

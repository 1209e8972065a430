

def test_the_page_in_the_repository_says_what_the_results_say() -> None:
    for file, content in page.files(page.read(), page.PAGE.read_text(encoding="utf-8")).items():
        assert file.read_text(encoding="utf-8") == content, "renew it: python -m benchmarks page"

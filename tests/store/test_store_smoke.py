def test_a_case_is_added_and_public(portal, add_case, city):
    add_case("101")
    assert portal.data_version(city.id) == 1

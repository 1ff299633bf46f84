"""Names by origin, as families in the upper Midwest bear them. Lists of common names; nobody real is meant."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Culture:
    """Where a family's names come from and how they are passed on.

    `pattern` is a rule of `naming`; `speaks` is the language at home with the share of adults who need an interpreter;
    `race` and `ethnicity` are codes and words of the CDC Race and Ethnicity set (OMB categories); a race that is none
    of them is words only.
    """

    key: str
    weight: float
    pattern: str
    surnames: tuple[str, ...]
    female: tuple[str, ...]
    male: tuple[str, ...]
    language: str = "en"
    at_home: float = 0.0
    interpreter: float = 0.0
    race: tuple[tuple[str, str], ...] = (("2106-3", "White"),)
    ethnicity: tuple[str, str] = ("2186-5", "Not Hispanic or Latino")


WHITE = (("2106-3", "White"),)
BLACK = (("2054-5", "Black or African American"),)
ASIAN = (("2028-9", "Asian"),)
NATIVE = (("1002-5", "American Indian or Alaska Native"),)
HISPANIC = ("2135-2", "Hispanic or Latino")
NOT_SAID = (("", "Declined to answer"),)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


CULTURES: dict[str, Culture] = {
    culture.key: culture
    for culture in (
        Culture(
            key="anglo",
            weight=30,
            pattern="western",
            surnames=(*_words(
                "Anderson Johnson Olson Larson Miller Schmidt Brooks Moore Edwards Peterson Nelson Carlson Hughes "
                "Baker Fischer Meyer Wagner Sullivan Murphy Kowalczyk Novak Lindqvist Swenson Foster Reed Bennett "
                "O'Brien D'Angelo O'Malley McAllister Fitzgerald Rossi Schneider Walsh Halvorson Thompson"
            ), "St. Clair", "Van der Berg", "Smith-Jorgensen", "Wentworth-Fairchild"),
            female=_words(
                "Emma Olivia Chloe Hannah Grace Tess Megan Laura Karen Susan Linda Barbara Ruth Evelyn Dorothy Amy "
                "Jessica Heather Nicole Rachel Abigail Lily Nora Zoe Quinn Harper Madison Sarah Katherine Elizabeth "
                "Margaret Joan Patricia Carol Maeve Siobhan Anne-Marie Zoë"
            ),
            male=_words(
                "Liam Noah Jonas Hugo Samuel Jack Owen Ethan Luke Henry Andrew Ryan Kevin Brian Mark Steven David "
                "Robert Richard Donald Harold Walter Eugene Peter Thomas James William Michael Daniel Matthew "
                "Benjamin Caleb Wyatt Sean Patrick Erik Björn"
            ),
        ),
        Culture(
            key="black",
            weight=10,
            pattern="western",
            race=BLACK,
            surnames=_words(
                "Washington Jefferson Booker Gaines Coleman Jenkins Banks Simmons Dawson Freeman Whitaker Tubbs "
                "Hampton Boone Rollins Mosley Singletary Broadnax Pettway Sykes"
            ),
            female=_words(
                "Keisha Aaliyah Imani Latoya Ebony Jasmine Tanisha Monique Denise Yolanda Gloria Ernestine Nia Kiara "
                "Amara Tamika Brianna Destiny La'Shawn Shanice Vernell Mabel"
            ),
            male=_words(
                "Darnell Jamal Malik DeShawn Tyrone Marcus Terrence Andre Reginald Curtis Leroy Isaiah Elijah Xavier "
                "Jayden Kendrick Lamar Cedric Clarence Otis Da'Quan Roosevelt"
            ),
        ),
        Culture(
            key="mexican",
            weight=14,
            pattern="two-surnames",
            language="es",
            at_home=0.7,
            interpreter=0.5,
            race=(("2106-3", "White"),),
            ethnicity=HISPANIC,
            surnames=(*_words(
                "Garcia Hernandez Lopez Martinez Gonzalez Rodríguez Perez Sanchez Ramirez Torres Flores Rivera Gómez "
                "Diaz Reyes Morales Cruz Ortiz Gutierrez Chávez Ramos Ruiz Mendoza Castillo Vázquez Muñoz Núñez "
                "Ibáñez Zúñiga Villaseñor"
            ), "de la Cruz", "de la Rosa"),
            female=(*_words(
                "Maria Guadalupe Rosa Ana Lucía Sofia Camila Valentina Ximena Yesenia Leticia Esperanza Dolores "
                "Carmen Juana Marisol Fernanda Daniela Itzel Paloma Graciela Inés"
            ), "María José", "Ana Sofía", "María del Carmen"),
            male=(*_words(
                "Jose Juan Luis Carlos Jesús Miguel Ángel Santiago Mateo Diego Emiliano Alejandro Francisco Ramón "
                "Arturo Rafael Ignacio Joaquín Hector Sergio Pablo Leonel"
            ), "Juan Carlos", "José Luis"),
        ),
        Culture(
            key="central-american",
            weight=5,
            pattern="two-surnames",
            language="es",
            at_home=0.85,
            interpreter=0.6,
            race=(("", "Mestizo"),),
            ethnicity=HISPANIC,
            surnames=_words(
                "Alvarado Menjívar Portillo Orellana Escobar Guardado Quintanilla Cabrera Ajanel Tzoc Ixcoy Xicará "
                "Funes Zelaya Mejía Pineda Bonilla Interiano Argueta Choc"
            ),
            female=_words(
                "Marta Blanca Reina Sandra Karla Wendy Evelin Ingrid Roxana Yoselin Katerin Heydi Dunia Lesly "
                "Mercedes Transito Suyapa Gladys"
            ),
            male=_words(
                "Wilmer Elmer Darwin Oscar Mauricio Edwin Walter Nelson Kevin Josué Saúl Isaías Noé Elías Byron "
                "Selvin Marvin Moisés"
            ),
        ),
        Culture(
            key="hmong",
            weight=8,
            pattern="own-surname",
            language="hmn",
            at_home=0.6,
            interpreter=0.35,
            race=ASIAN,
            surnames=_words("Vang Xiong Yang Lor Moua Her Thao Lee Vue Cha Hang Kue Khang Chang Xiong Vang"),
            female=(*_words(
                "Pa Mai Bao Kia Yer See Xee Youa Ka Nhia Chia Pahoua Mayka Gaonou Houa Blia Paj"
            ), "Mai See", "Pa Nhia", "Kao Nou", "Mai Der"),
            male=(*_words(
                "Tou Kong Pao Cheng Xeng Neng Chue Toua Yia Fue Nhia Blong Koua Tong Vang Long Sai"
            ), "Tou Ger", "Kong Meng", "Xai Pao", "Chong Neng"),
        ),
        Culture(
            key="somali",
            weight=9,
            pattern="three-names",
            language="so",
            at_home=0.75,
            interpreter=0.45,
            race=BLACK,
            surnames=(),
            female=_words(
                "Hodan Fadumo Amina Halima Sahra Ifrah Khadija Asha Zamzam Nimo Ayan Hibo Maryan Deqa Ubah Safiya "
                "Hamdi Ruqiyo Sagal Ladan"
            ),
            male=_words(
                "Mohamed Abdi Ahmed Hassan Ali Omar Abdullahi Warsame Farah Jama Ismail Yusuf Liban Guled Mahad "
                "Ibrahim Abdirahman Abdikadir Nur Bashir Hussein Osman"
            ),
        ),
        Culture(
            key="vietnamese",
            weight=5,
            pattern="vietnamese",
            language="vi",
            at_home=0.6,
            interpreter=0.45,
            race=ASIAN,
            surnames=_words("Nguyen Tran Le Pham Huynh Vo Dang Bui Do Ngo Nguyễn Nguyen Nguyen Tran Trần"),
            female=_words("Lan Huong Mai Thuy Linh Trang Ngoc Hanh Phuong Tuyet Hồng Yen Thao Kim Vy Quynh"),
            male=_words("Minh Tuan Hung Dung Long Khoa Duc Thanh Quang Bao Hai Son Tung Phuc Kiet Thịnh"),
        ),
        Culture(
            key="chinese",
            weight=2.5,
            pattern="own-surname",
            language="zh",
            at_home=0.7,
            interpreter=0.45,
            race=ASIAN,
            surnames=_words("Chen Wang Li Zhang Liu Huang Wu Zhou Xu Lin Zhao Ou-Yang"),
            female=_words("Wei Xiaomei Yan Jing Meiling Fang Hui Yuxin Ziyi Grace Lihua Xiu-Ying Jia Ruolan"),
            male=_words("Wei Jianguo Ming Haoran Zihan Yichen Jun Lei Guoqiang Kevin Bo Tao Wenhao Zhiqiang"),
        ),
        Culture(
            key="ukrainian",
            weight=3.5,
            pattern="slavic",
            language="uk",
            at_home=0.85,
            interpreter=0.6,
            surnames=_words(
                "Kovalenko Shevchenko Bondarenko Tkachenko Melnyk Kravchuk Lysenko Polishchuk Savchuk Hrytsenko"
            ),
            female=_words("Oksana Olena Natalia Iryna Halyna Sofiia Daryna Solomiya Kateryna Zlata Lyudmyla Nadiya"),
            male=_words("Oleksandr Andriy Mykola Dmytro Taras Bohdan Maksym Danylo Ivan Vasyl Yaroslav Petro"),
        ),
        Culture(
            key="russian",
            weight=2.5,
            pattern="slavic",
            language="ru",
            at_home=0.8,
            interpreter=0.5,
            surnames=_words("Ivanov Petrov Smirnov Kuznetsov Volkov Sokolov Morozov Vasiliev Belsky Zaitsev"),
            female=_words("Svetlana Irina Tatiana Olga Galina Ekaterina Anastasia Polina Vera Lyubov Alina Ksenia"),
            male=_words("Sergei Dmitri Vladimir Alexei Mikhail Nikolai Boris Artyom Timur Yegor Gennady Lev"),
        ),
        Culture(
            key="arabic",
            weight=3,
            pattern="own-surname",
            language="ar",
            at_home=0.7,
            interpreter=0.45,
            surnames=(*_words(
                "Haddad Khoury Mansour Al-Hassan Al-Jabouri Abdallah Najjar Saleh Al-Khatib Farouk Al-Masri Barakat"
            ), "Abu Ghazaleh", "El-Sayed"),
            female=_words("Noor Layla Fatima Rania Huda Mariam Zainab Samira Amal Yasmin Dalia Reem Hanan"),
            male=_words("Omar Khalid Yousef Tariq Hassan Karim Samir Ziad Mustafa Bilal Fadi Nabil Anwar"),
        ),
        Culture(
            key="indian",
            weight=3.5,
            pattern="western",
            language="hi",
            at_home=0.35,
            interpreter=0.15,
            race=ASIAN,
            surnames=_words(
                "Patel Sharma Gupta Reddy Iyer Nair Desai Mehta Krishnamurthy Mukhopadhyay Venkatasubramanian Rao Bose"
            ),
            female=_words("Priya Kavya Ananya Lakshmi Meera Divya Sunita Asha Pooja Aishwarya Saraswathi Diya Nisha"),
            male=_words("Arjun Rohan Vikram Suresh Ravi Anil Aarav Karthik Sanjay Venkatesh Nikhil Dev Balakrishnan"),
        ),
        Culture(
            key="punjabi",
            weight=1,
            pattern="sikh",
            language="pa",
            at_home=0.6,
            interpreter=0.3,
            race=ASIAN,
            surnames=_words("Gill Sandhu Dhillon Brar Grewal Sidhu"),
            female=_words("Harpreet Gurleen Simran Jaspreet Manjit Navneet Kiran"),
            male=_words("Gurpreet Harjit Amandeep Baljit Rajvir Sukhdeep Jagdeep"),
        ),
        Culture(
            key="nigerian",
            weight=3,
            pattern="western",
            race=BLACK,
            surnames=_words(
                "Okafor Adeyemi Okonkwo Balogun Eze Ogunleye Nwosu Adebayo Chukwuemeka Oyelaran Nwachukwu "
                "Olusegun-Bright"
            ),
            female=_words("Ada Ngozi Chioma Folake Yetunde Amarachi Ifeoma Temitope Adaeze Oluwaseun Chinyere Zainab"),
            male=_words("Emeka Tunde Chidi Olumide Kelechi Femi Obinna Ikenna Babatunde Uche Jonas Chukwudi"),
        ),
        Culture(
            key="haitian",
            weight=1.5,
            pattern="western",
            language="ht",
            at_home=0.6,
            interpreter=0.4,
            race=BLACK,
            surnames=_words(
                "Jean-Baptiste Pierre Joseph Toussaint Desrosiers Saint-Fleur Dorvil François Cadet Jean-Louis Étienne"
            ),
            female=_words("Marie-Ange Wideline Fabiola Guerline Nadège Mirlande Rose-Andrée Widlène Islande Darline"),
            male=_words("Jean-Claude Wilner Frantz Jocelyn Emmanuel Stanley Réginald Rodney Evens Jean-Robert"),
        ),
        Culture(
            key="karen",
            weight=2.5,
            pattern="no-surname",
            language="kar",
            at_home=0.9,
            interpreter=0.7,
            race=ASIAN,
            surnames=(),
            female=("Naw Paw Htoo", "Paw Eh", "Hser Nay Moo", "Mu Paw", "Naw Eh Wah", "Eh Ku Paw", "Wah Wah"),
            male=("Saw Eh Doh", "Hser Ku Htoo", "Saw Ler Htoo", "Eh Soe", "Taw Nay", "Pler Moo", "Saw Htoo", "Klo Say"),
        ),
        Culture(
            key="ojibwe",
            weight=1.5,
            pattern="western",
            race=NATIVE,
            surnames=_words("Whitefeather Bellanger Fairbanks Littlewolf Kingbird LaDuke Beaulieu Strongheart"),
            female=_words("Winona Dawn Nokomis Cheyenne Angeline Sierra Josephine Waabigwan"),
            male=_words("Dakota Dennis Vernon Wade Clyde Makwa Raymond Leonard Waylon"),
        ),
    )
}  # fmt: skip

LANGUAGES = {
    "en": "English",
    "es": "Spanish",
    "hmn": "Hmong",
    "so": "Somali",
    "vi": "Vietnamese",
    "zh": "Chinese",
    "uk": "Ukrainian",
    "ru": "Russian",
    "ar": "Arabic",
    "hi": "Hindi",
    "pa": "Panjabi",
    "ht": "Haitian",
    "kar": "Karen",
    "ase": "American Sign Language",
}
"""BCP-47 tags as the practice's families speak them."""

NICKNAMES = {
    "Elizabeth": "Beth",
    "Katherine": "Katie",
    "Margaret": "Peggy",
    "William": "Bill",
    "Robert": "Bob",
    "Michael": "Mike",
    "Richard": "Rick",
    "Guadalupe": "Lupe",
    "Jesús": "Chuy",
    "Francisco": "Paco",
    "Jose": "Pepe",
    "Dolores": "Lola",
    "Oleksandr": "Sasha",
    "Svetlana": "Sveta",
    "Venkatesh": "Venky",
    "Haoran": "Ryan",
    "Yuxin": "Cindy",
    "Abdirahman": "Abdi",
    "Benjamin": "Ben",
    "Daniel": "Danny",
    "Patricia": "Pat",
    "Oluwaseun": "Seun",
    "Thanh": "Tommy",
    "Terrence": "Terry",
}
"""What somebody with this given name may like to be called."""

STREETS = (
    *_words("Maple Oak Cedar Birch Elm Lincoln Grant Hazel Forest Summit Marshall Dayton Thomas Edmund Jessamine"),
    "Lakeview",
    "Old Mill",
    "Prairie Rose",
)
STREET_KINDS = ("Avenue", "Street", "Lane", "Avenue N", "Street E", "Court")
TOWNS = {
    "main": (("Saint Paul", "55102"), ("Saint Paul", "55104"), ("Saint Paul", "55106"), ("West Saint Paul", "55118")),
    "lakeview": (("Roseville", "55113"), ("Maplewood", "55109"), ("Little Canada", "55117")),
}
AREA_CODES = ("651", "612", "763", "952", "507", "320", "218", "715", "608")
"""Numbers are 555-0100 to 555-0199 in each, which the North American Numbering Plan keeps for fiction."""
